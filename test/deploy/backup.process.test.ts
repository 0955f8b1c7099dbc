/** Backup and restore of the own Redis, by the very steps of docs/deployment.md: copied while it works, then everything is lost. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';

let folder: string;
const clients: Redis[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-backup-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await endRoles();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (dataDir: string) =>
  (await startRole('start', { DATA_DIR: dataDir, LOG_LEVEL: 'warn' })).ready();

function connect(dataDir: string): Redis {
  const conf = readFileSync(join(dataDir, 'redis', 'redis.conf'), 'utf8');
  const client = new Redis({ path: /^unixsocket "(.+)"$/m.exec(conf)![1]! });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function deliver(client: Redis, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 1)
    await client.xadd('skywire:matches', '*', 'data', wire(makeMatch('cats', n)));
  await vi.waitFor(async () => expect(await client.xlen('inbox:{cats}')).toBe(from + count), {
    timeout: 20_000,
    interval: 100,
  });
}

const itemsOf = async (url: string) => {
  const response = await fetch(`${url}/api/inboxes/cats/items?limit=200`);
  return ((await response.json()) as { items: { id: string; read: boolean }[] }).items;
};

test('a copy that was taken while it worked brings back inboxes, read marks and what was parked', {
  timeout: 90_000,
}, async () => {
  const data = join(folder, 'data');
  let product = await start(data);
  const client = connect(data);
  await deliver(client, 0, 100);
  await client.xadd('skywire:matches', '*', 'data', 'no JSON');
  await vi.waitFor(
    async () => expect(await client.zcard('skywire-inbox:{parked}:parked:failed')).toBe(1),
    20_000,
  );
  const [newest] = await itemsOf(product.url);
  await fetch(`${product.url}/api/inboxes/cats/read`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ids: [newest!.id] }),
  });
  const before = await itemsOf(product.url);

  // No rewrite may exchange the files under the copy.
  await client.config('SET', 'auto-aof-rewrite-percentage', 0);
  expect(await client.info('persistence')).toContain('aof_rewrite_in_progress:0');
  cpSync(join(data, 'redis', 'appendonlydir'), join(folder, 'backup', 'appendonlydir'), { recursive: true });
  await client.config('SET', 'auto-aof-rewrite-percentage', 100);

  // What comes after the backup is not in it.
  await deliver(client, 100, 20);
  product.signal('SIGTERM');
  expect(await product.ended).toBe(0);
  rmSync(data, { recursive: true });
  expect(existsSync(data)).toBe(false);

  cpSync(join(folder, 'backup', 'appendonlydir'), join(data, 'redis', 'appendonlydir'), { recursive: true });
  product = await start(data);
  expect(await itemsOf(product.url)).toEqual(before);
  const restored = connect(data);
  expect(await restored.zcard('skywire-inbox:{parked}:parked:failed')).toBe(1);
  await deliver(restored, 100, 20);
  product.signal('SIGTERM');
  expect(await product.ended).toBe(0);
  const audit = await runCommand('audit', { DATA_DIR: data });
  expect(audit.output).toContain('120 in inbox, 1 parked');
  expect(audit.code).toBe(0);
});
