/** What `npm pack` makes, unpacked as npm would install it beside the dependencies at run time alone, and run there. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/free-port.ts';
import { projectRoot } from '../fixtures/project-root.ts';

const about = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
};
let folder: string;
let installed: string;
let command: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-package-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const tarball = execFileSync('npm', pack, { cwd: projectRoot, encoding: 'utf8' }).trim();
  expect(tarball).toBe(`skywire-inbox-${about.version}.tgz`);
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', modules]);
  installed = join(modules, 'skywire-inbox');
  renameSync(join(modules, 'package'), installed);
  command = join(modules, '.bin/skywire-inbox');
  symlinkSync('../skywire-inbox/bin/skywire-inbox', command);
  for (const name of Object.keys(about.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules', name), join(modules, name));
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { PATH: process.env['PATH'], HOME: '/nonexistent', CANARY_SECONDS: '0', REDIS_INSTALL: '0' };
const run = (...argv: string[]) => spawnSync(command, argv, { cwd: folder, env, encoding: 'utf8' });
const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

test('it holds the whole product, what deploys it, and no test, bench, source or map', () => {
  const packed = filesIn(installed);
  const product = ['queues', 'processors', 'src'].flatMap((room) =>
    filesIn(join(projectRoot, room)).map((file) => `dist/${room}/${file.replace(/\.ts$/, '.js')}`),
  );
  expect(packed).toEqual(expect.arrayContaining(product));
  const beside = packed.filter((file) => !/^dist\/(queues|processors|src)\//.test(file));
  expect(new Set(beside.map((file) => file.split('/')[0]))).toEqual(
    new Set([
      '.env.example',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'deploy',
      'docs',
      'package.json',
    ]),
  );
  expect(packed.filter((file) => /\.(ts|map|png|svg)$|\.test\./.test(file))).toEqual([]);
});

test('it says its version, its commands, and how each is called', () => {
  expect(run('--version')).toMatchObject({ status: 0, stdout: `${about.version}\n` });
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('\nnpx skywire-inbox COMMAND [options]\n');
  const listed = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name!);
  const scripts = Object.entries(about.scripts).filter(([, line]) => line.includes('bin/skywire-inbox.mjs'));
  expect(listed.toSorted()).toEqual(
    scripts
      .map(([name]) => name)
      .filter((name) => name !== 'prepare')
      .toSorted(),
  );
  expect(run('audit', '--help').stdout).toMatch(/^npx skywire-inbox audit \[options\]\n/);
});

test('it tells node what the npm scripts tell it, and is node from then on', () => {
  const bin = join(folder, 'echo');
  mkdirSync(bin);
  writeFileSync(join(bin, 'node'), '#!/bin/sh\necho "$@"\necho $$ >&2\n');
  chmodSync(join(bin, 'node'), 0o755);
  const told = (program: string, ...argv: string[]) => {
    const { pid, stdout, stderr } = spawnSync(program, argv, {
      cwd: installed,
      env: { PATH: `${bin}${delimiter}${env.PATH}` },
      encoding: 'utf8',
    });
    expect(Number(stderr), argv.join(' ')).toBe(pid);
    return stdout.replace(`${installed}/`, '');
  };
  for (const role of ['start', 'pump', 'worker', 'web', 'audit'])
    expect(told(command, role), role).toBe(told('sh', '-c', about.scripts[role]!));
});

test('npm finds nothing to build in it, and breaks nothing, where there is a compiler', () => {
  for (const name of ['typescript', '@types'])
    symlinkSync(join(projectRoot, 'node_modules', name), join(folder, 'node_modules', name));
  const prepare = ['bin/skywire-inbox.mjs', 'prepare'];
  expect(spawnSync(process.execPath, prepare, { cwd: installed, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
  expect(existsSync(join(installed, 'dist/src/main.js'))).toBe(true);
});

test('npx starts it in an empty folder: the whole system, with its data there, which ends when npx is told to', async () => {
  const port = await freePort();
  const child = spawn('npx', ['skywire-inbox', 'start'], {
    cwd: folder,
    env: { ...env, HOME: folder, PORT: String(port) },
  });
  const ended = once(child, 'close');
  let output = '';
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (chunk) => (output += String(chunk)));
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    expect(answer.status, `${path}\n${output}`).toBe(200);
    return answer.text();
  };
  try {
    await eventually(() => get('/readyz'), { withinMs: 40_000 });
    const send = ['skywire', '--rate', '0', '--count', '20', '--subscriptions', '1', '--seed', '1'];
    expect(run(...send).stdout).toContain('appended 20 matches');
    await eventually(
      async () => {
        const [inbox] = (JSON.parse(await get('/api/inboxes')) as { inboxes: { total: number }[] }).inboxes;
        expect(inbox?.total).toBe(20);
      },
      { withinMs: 20_000 },
    );
    for (const path of ['/', '/assets/page.css', '/inboxes', '/reader/somebody', '/dashboard', '/api/docs'])
      await get(path);
    expect(JSON.parse(await get('/openapi.json'))).toMatchObject({ info: { version: about.version } });
    expect(output).toContain(`start is running (skywire-inbox ${about.version})`);
    expect(existsSync(join(folder, 'data/redis'))).toBe(true);
  } finally {
    child.kill('SIGTERM');
    // The pipes of npx are those of the process that it started: they close when that has ended, too.
    await ended;
  }
  expect(output).toContain('start has stopped');
});
