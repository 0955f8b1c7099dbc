import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  scripts: { build: string };
};
/** What follows the compiler: what it does not compile is copied. */
const copying = scripts.build.replace(/^tsc \S+ \S+ && /, '');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-build-'));
  for (const room of ['src/room', 'src/other', 'dist/src/room'])
    mkdirSync(join(folder, room), { recursive: true });
  for (const file of ['room/a.lua', 'room/b c.html', 'room/code.ts', 'other/d.css'])
    writeFileSync(join(folder, 'src', file), file);
});
afterEach(() => rmSync(folder, { recursive: true }));

const build = () => spawnSync('sh', ['-c', copying], { cwd: folder }).status;
const isCopied = (file: string) => existsSync(join(folder, 'dist/src', file));

test('the build copies what is not TypeScript', () => {
  mkdirSync(join(folder, 'dist/src/other'));
  expect(build()).toBe(0);
  expect(['room/a.lua', 'room/b c.html', 'other/d.css', 'room/code.ts'].map(isCopied)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('a build that could not copy a file fails', () => {
  expect(build()).not.toBe(0);
});
