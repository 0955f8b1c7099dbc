/** Node 22.1 and later keep the compiled build beside it. It is only ever a saving: nothing depends on it. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '../fixtures/project-root.ts';

let folder: string;
let kept: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-compiled-'));
  kept = join(folder, 'dist/.compiled');
  for (const room of ['bin', 'dist/src']) mkdirSync(join(folder, room), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'dist/src/main.js'), 'process.stdout.write(`started ${process.argv[2]}`);\n');
  cpSync(join(projectRoot, 'bin'), join(folder, 'bin'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(env: Record<string, string> = {}): string {
  const program = join(folder, 'bin/skywire-inbox.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'web'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  return `${status} ${stdout}${stderr}`;
}

const canKeep = 'enableCompileCache' in nodeModule;

test.runIf(canKeep)('what was compiled is kept beside the build, and starts again', () => {
  expect(start()).toBe('0 started web');
  expect(readdirSync(kept).length).toBe(1);
  expect(start()).toBe('0 started web');
});

test.runIf(canKeep)('what was kept and is damaged is compiled anew', () => {
  start();
  for (const entry of readdirSync(kept, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) writeFileSync(join(entry.parentPath, entry.name), 'no code');
  expect(start()).toBe('0 started web');
});

test('where nothing can be kept, it starts all the same', () => {
  writeFileSync(kept, 'a file in the way');
  expect(start()).toBe('0 started web');
});

test('NODE_DISABLE_COMPILE_CACHE is respected', () => {
  expect(start({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBe('0 started web');
  expect(existsSync(kept)).toBe(false);
});
