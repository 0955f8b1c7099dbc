/**
 * The image without Docker: the Dockerfile's instructions in bare folders, and what is in the last one as an ordinary user. It takes a minute
 * or two (`npm run test:image`); that every line is understood, and copies what is there, is among the tests always.
 * What it cannot show: the base image, and the packages that are installed into it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/free-port.ts';
import { isFull } from '../fixtures/full-size.ts';
import { projectRoot } from '../fixtures/project-root.ts';
import { startRedis } from '../fixtures/redis.ts';
import { type Built, buildStages } from './image/build.ts';
import { argvOf, copyOf, parseDockerfile } from './image/dockerfile.ts';

const stages = parseDockerfile(readFileSync(join(projectRoot, 'Dockerfile'), 'utf8'));
const isRoot = process.getuid?.() === 0;

test('every line of the Dockerfile is understood, and copies what is there', () => {
  const names = stages.map(({ name }) => name);
  for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
    if (['ENTRYPOINT', 'CMD'].includes(instruction.name)) expect(argvOf(instruction)).not.toEqual([]);
    if (instruction.name !== 'COPY') continue;
    const { from, sources } = copyOf(instruction);
    if (from !== undefined) expect(names).toContain(from);
    else for (const source of sources) expect(existsSync(join(projectRoot, source)), source).toBe(true);
  }
});

test('what is not understood is refused', () => {
  expect(() => parseDockerfile('FROM a\nADD b c')).toThrow('line 2: ADD is not known');
  expect(() => parseDockerfile('RUN a')).toThrow('before FROM');
  const [stage] = parseDockerfile('FROM a AS b\n# no\nRUN one \\\n  && two\nCOPY --chown=x c d\nCMD web\n');
  const [run, copy, cmd] = stage!.instructions;
  expect(stage).toMatchObject({ image: 'a', name: 'b' });
  expect(run).toEqual({ line: 3, name: 'RUN', text: 'one && two' });
  expect(() => copyOf(copy!)).toThrow('line 5');
  expect(() => argvOf(cmd!)).toThrow('runs a shell');
});

/** As nobody, if that can be chosen. Tini, if it is installed: it only hands signals on. */
function start(
  { root, workdir, env, entrypoint, cmd }: Built,
  settings: Record<string, string>,
): ChildProcess {
  const argv = [...entrypoint, ...cmd];
  const hasTini = spawnSync('tini', ['--version']).status === 0;
  if (argv[0] === 'tini' && !hasTini) argv.splice(0, 2);
  const asNobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--'];
  const [program, ...args] = [...(isRoot ? asNobody : []), ...argv];
  return spawn(program!, args, {
    cwd: join(root, workdir),
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env, ...settings },
  });
}

test.skipIf(!isFull)(
  'its commands, run in order in bare folders, make a web role that an ordinary user runs (skipped but for npm run test:image)',
  { timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-image-'));
    chmodSync(folder, 0o755);
    const redis = await startRedis();
    try {
      const image = buildStages(stages, folder);
      expect(image.leftOut.every((line) => line.includes('install'))).toBe(true);
      expect(image.user).not.toMatch(/^(root|0)?$/);
      expect(existsSync(join(image.root, image.workdir, 'node_modules/vitest'))).toBe(false);
      const port = await freePort();
      const web = start(image, { REDIS_URL: redis.url, PORT: String(port) });
      let output = '';
      for (const pipe of [web.stdout!, web.stderr!]) pipe.on('data', (chunk) => (output += String(chunk)));
      const ended = once(web, 'exit');
      try {
        for (const path of ['/readyz', '/', '/inboxes', '/dashboard', '/assets/page.css', '/openapi.json'])
          await eventually(
            async () => expect((await fetch(`http://127.0.0.1:${port}${path}`)).status, output).toBe(200),
            { withinMs: 30_000 },
          );
      } finally {
        web.kill('SIGTERM');
      }
      expect((await ended)[0], output).toBe(0);
    } finally {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
