/** The npm scripts in a clone that has no build: bin/skywire-inbox.mjs. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFull } from '../fixtures/full-size.ts';

const root = new URL('../../', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-clone-'));
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/main.ts'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) =>
  spawnSync(process.execPath, [join(folder, 'bin/skywire-inbox.mjs'), ...argv], {
    cwd: folder,
    encoding: 'utf8',
  });
const WHAT_TO_TYPE = /not built, and its compiler is not installed .+ Type: npm ci --include=dev\n$/;

test('without a compiler a command says in one sentence what to type', () => {
  expect(run('start')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(WHAT_TO_TYPE) });
});

test('npm ci does not fail without a compiler', () => {
  expect(run('prepare')).toMatchObject({ status: 0, stderr: expect.stringMatching(WHAT_TO_TYPE) });
  mkdirSync(join(folder, 'dist/src'), { recursive: true });
  writeFileSync(join(folder, 'dist/src/main.js'), '');
  expect(run('prepare')).toMatchObject({ status: 0, stderr: '' });
});

test('without the dependencies a command says what is missing', () => {
  mkdirSync(join(folder, 'dist/src'), { recursive: true });
  writeFileSync(join(folder, 'dist/src/main.js'), "import 'bullmq';");
  expect(run('web')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/'bullmq'.+ Type: npm ci --include=dev\n$/),
  });
});

test('a build that fails is not taken for one', () => {
  cpSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  cpSync(join(root, 'tsconfig.build.json'), join(folder, 'tsconfig.build.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'src/main.ts'), 'const wrong: number = "text";\nexport { wrong };\n');
  for (let times = 0; times < 2; times += 1)
    expect(run('start')).toMatchObject({ status: 1, stderr: expect.stringMatching(/The build failed\.\n$/) });
}, 60_000);

test.runIf(isFull)(
  'with a compiler a command builds first',
  () => {
    for (const each of ['queues', 'processors', 'src', 'bench', 'tsconfig.json', 'tsconfig.build.json'])
      cpSync(join(root, each), join(folder, each), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const { status, stdout, stderr } = run('audit', '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'skywire-inbox is not built yet; building …\n' });
    expect(stdout).toMatch(/^npm run audit/);
  },
  120_000,
);
