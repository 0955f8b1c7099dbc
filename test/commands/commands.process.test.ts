import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';

const folders: string[] = [];
const servers: TestRedis[] = [];
afterEach(async () => {
  await endRoles();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test('wrong settings end the start with exit 2 and one message that names them all', async () => {
  const { code, output } = await runCommand('start', {
    REDIS_URL: 'foo',
    PORT: '70000',
    BATCH_SIZE: '0',
    ROUTING: 'x',
    INBOX_MAX_ITEM: '5',
  });
  expect(code).toBe(2);
  for (const word of [
    'REDIS_URL',
    '"foo"',
    'PORT',
    '70000',
    'BATCH_SIZE',
    'ROUTING',
    'direct or directory',
    'INBOX_MAX_ITEMS',
  ]) {
    expect(output).toContain(word);
  }
});

test.each(['pump', 'worker', 'web', 'audit'])(
  '%s says within 10 s that Redis cannot be reached, exit 1',
  async (name) => {
    const began = performance.now();
    const { code, output } = await runCommand(name, {
      REDIS_URL: `redis://:secret@127.0.0.1:${await freePort()}`,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be reached/);
    expect(output).not.toContain('secret');
    expect(performance.now() - began).toBeLessThan(10_000);
  },
);

test('a Redis that may evict keys is refused, with the fix', async () => {
  const redis = await startRedis('--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru');
  servers.push(redis);
  const { code, output } = await runCommand('worker', { REDIS_URL: redis.url });
  expect(code).toBe(1);
  expect(output).toContain('CONFIG SET maxmemory-policy noeviction');
  expect((await runCommand('doctor', { REDIS_URL: redis.url })).code).toBe(1);
});

test('--help goes to standard output, exit 0', async () => {
  const { code, output } = await runCommand('relay-token', {}, ['--help']);
  expect(code).toBe(0);
  expect(output).toContain('npm run relay-token');
});

test('bad usage is exit 2 and names what it got', async () => {
  const { code, output } = await runCommand('replay', {}, ['--form', '0']);
  expect(code).toBe(2);
  expect(output).toContain('did you mean --from?');
});

test('the whole system starts with its own Redis, ends on SIGTERM, and finds its inboxes again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-data-'));
  folders.push(folder);
  const env = { DATA_DIR: folder, REDIS_INSTALL: '0' };
  const first = await (await startRole('start', env)).ready();
  const sent = await runCommand('skywire', env, [
    '--rate',
    '0',
    '--count',
    '500',
    '--subscriptions',
    '1',
    '--seed',
    '1',
  ]);
  expect(sent).toMatchObject({ code: 0, output: expect.stringContaining('appended 500 matches') as string });
  expect((await runCommand('audit', env, ['--json'])).code).toBe(0);
  const audit = JSON.parse((await runCommand('audit', env, ['--json'])).output) as {
    entries: number;
    missing: unknown[];
  };
  expect(audit).toMatchObject({ entries: 500, missing: [] });
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);

  const second = await (await startRole('start', env)).ready();
  await vi.waitFor(async () => {
    const again = JSON.parse((await runCommand('audit', env, ['--json'])).output) as {
      counts: { in_inbox: number };
    };
    expect(again.counts.in_inbox).toBe(500);
  }, 20_000);
  second.signal('SIGINT');
  second.signal('SIGINT');
  expect(await second.ended).toBe(0);
});
