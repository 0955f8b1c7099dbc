/** docker-compose.yml as Compose's own schema judges it; and what it tells the shell of its Redis container to do, told to a shell here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';

const compose = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');

/** Compose writes `$$` for `$`. */
function script(): string {
  const [, block] = /^ {6}- \|\n((?: {8}.*\n)+)/m.exec(compose)!;
  return block!.replace(/^ {8}/gm, '').replaceAll('$$', '$');
}

/** The arguments of the redis-server that it starts. */
function started(env: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'skywire-inbox-compose-'));
  try {
    const entrypoint = join(dir, 'docker-entrypoint.sh');
    writeFileSync(entrypoint, '#!/bin/sh\necho "$@"\n');
    chmodSync(entrypoint, 0o755);
    const PATH = `${dir}${delimiter}${process.env['PATH']}`;
    return execFileSync('sh', ['-ec', script()], { encoding: 'utf8', env: { PATH, ...env } });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test.skipIf(process.platform !== 'linux')(
  'its Redis has a maxmemory, evicts nothing, and keeps a file',
  () => {
    const args = started({});
    expect(args).toMatch(/^redis-server .*--appendonly yes .*--maxmemory-policy noeviction/);
    const most = Number(/--maxmemory (\d+) /.exec(args)?.[1]);
    expect(most).toBeGreaterThan(64 * 1024 ** 2);
    expect(most).toBeLessThanOrEqual(0.9 * totalmem() + 1);
  },
);

test.skipIf(process.platform !== 'linux')('its maxmemory is that of REDIS_MAXMEMORY, where it is set', () => {
  expect(started({ REDIS_MAXMEMORY: '4gb' })).toContain('--maxmemory 4gb ');
  expect(compose).toContain('REDIS_MAXMEMORY: ${REDIS_MAXMEMORY:-}');
});

const noCompose = Boolean(spawnSync('docker-compose', ['--version']).error);

test.skipIf(noCompose)(
  'Compose accepts it, and asks for the secrets that it lacks (skipped where docker-compose is absent: apt install docker-compose)',
  { timeout: 30_000 },
  () => {
    const config = (env: Record<string, string>) =>
      spawnSync('docker-compose', ['--project-directory', tmpdir(), '-f', '-', 'config'], {
        input: compose,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ...env },
      });
    const whole = config({ API_TOKEN: 'a', ADMIN_PASSWORD: 'b' });
    expect(whole.stderr).toBe('');
    expect(whole.status).toBe(0);
    for (const role of ['pump', 'worker', 'web']) expect(whole.stdout).toContain(`command: ${role}\n`);
    expect(config({ API_TOKEN: 'a' }).stderr).toContain('set ADMIN_PASSWORD');
  },
);
