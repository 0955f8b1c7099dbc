/** `npm run doctor` where Skywire's stream is on a server of its own: the ledger's server is examined like that of the inboxes. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, runCommand } from '../fixtures/roles.ts';

let home: TestRedis;
let skywire: TestRedis;
beforeEach(async () => {
  home = await startRedis();
});
afterEach(async () => {
  await endRoles();
  await Promise.all([home.stop(), skywire.stop()]);
});

const doctor = (url = skywire.url) =>
  runCommand('doctor', { REDIS_URL: home.url, SKYWIRE_REDIS_URL: url, PORT: '1' });

test('a server of Skywire that may evict, or has no append-only file, is dangerous, with a fix that names it', async () => {
  skywire = await startRedis(
    '--maxmemory',
    '64mb',
    '--maxmemory-policy',
    'allkeys-lru',
    '--appendonly',
    'no',
  );
  const { code, output } = await doctor();
  expect(code, output).toBe(1);
  expect(output).toMatch(/ok +Redis [\d.]+ responds/);
  expect(output).toMatch(/ok +Skywire's Redis: Redis [\d.]+ responds/);
  expect(output).toMatch(/dangerous Skywire's Redis: keys may be evicted: maxmemory-policy is allkeys-lru/);
  expect(output).toContain('redis-cli -u "$SKYWIRE_REDIS_URL" CONFIG SET maxmemory-policy noeviction');
  expect(output).toMatch(/dangerous Skywire's Redis: no append-only file/);
});

test('a fit server of Skywire adds no warning', async () => {
  skywire = await startRedis();
  const { code, output } = await doctor();
  expect(code, output).toBe(0);
  expect(output).not.toContain('dangerous');
  expect(output).toMatch(/ok +Skywire's Redis: append-only file is on/);
});

test('a server of Skywire that is away is a finding beside those of the inboxes', async () => {
  skywire = await startRedis();
  await skywire.kill9();
  const { code, output } = await doctor();
  expect(code, output).toBe(1);
  expect(output).toMatch(/ok +Redis [\d.]+ responds/);
  expect(output).toMatch(/dangerous Skywire's Redis at redis:\S+ cannot be reached/);
});

test('a user who may not ask there is told so in a note', async () => {
  skywire = await startRedis();
  const admin = skywire.client();
  await admin.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-info');
  const url = new URL(skywire.url);
  url.username = 'reader';
  url.password = 'secret';
  const { code, output } = await doctor(url.href);
  expect(output).toMatch(/note +no permission to inspect Skywire's Redis/);
  expect(code, output).toBe(0);
});
