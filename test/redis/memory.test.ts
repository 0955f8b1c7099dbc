/** What a Redis says about its memory, with and without maxmemory, and where a managed service hides it. */
import { expect, test } from 'vitest';
import type { RedisClient } from '../../src/redis/connections.ts';
import { describeMemory, fullness, memoryOf } from '../../src/redis/memory.ts';
import { checkServer } from '../../src/redis/server-check.ts';
import { examineServer } from '../../src/tools/examine-server.ts';

const used = { used_memory: '60000000', used_memory_rss: '90000000' };

test.each<[string, Record<string, string>, number, string]>([
  ['maxmemory', { maxmemory: '80000000' }, 0.75, '60 MB of 80 MB, its maxmemory'],
  [
    'maxmemory and a larger machine',
    { maxmemory: '80000000', total_system_memory: '900000000' },
    0.75,
    '60 MB of 80 MB, its maxmemory',
  ],
  [
    'no maxmemory: the kernel counts what is resident',
    { maxmemory: '0', total_system_memory: '100000000' },
    0.9,
    '90 MB of 100 MB, all its machine has',
  ],
  [
    'more maxmemory than its machine has',
    { maxmemory: '900000000', total_system_memory: '100000000' },
    0.9,
    '90 MB of 100 MB, all its machine has',
  ],
  ['neither', {}, 0, '90 MB, of an unknown limit'],
])('%s', (_, info, share, words) => {
  const memory = memoryOf({ ...used, ...info });
  expect(fullness(memory)).toBe(share);
  expect(describeMemory(memory)).toBe(words);
});

const serverOf = (memory: string) =>
  ({
    info: () => Promise.resolve(`redis_version:7.2.0\r\naof_enabled:1\r\nused_memory:1000\r\n${memory}`),
    time: () => Promise.resolve([Math.floor(Date.now() / 1_000), 0]),
    call: () => Promise.resolve(['appendfsync', 'everysec']),
  }) as unknown as RedisClient;
const check = (memory: string) => checkServer(serverOf(memory), { allowEviction: false });

test('a server that hides both is named at start, and by doctor', async () => {
  expect(await check('')).toEqual([expect.stringContaining('the pump cannot stop before it is full')]);
  expect(await check('total_system_memory:9000\r\n')).toEqual([]);
  expect(await examineServer(serverOf(''))).toContainEqual(
    expect.objectContaining({ level: 'note', what: expect.stringContaining('the pump cannot stop') }),
  );
});

test('doctor asks for a maxmemory where there is none, and says which', async () => {
  const found = await examineServer(serverOf(`total_system_memory:${8 * 1024 ** 3}\r\n`));
  expect(found.find(({ what }) => what.includes('maxmemory is not set'))).toMatchObject({
    level: 'note',
    fix: expect.stringContaining('redis-cli CONFIG SET maxmemory 6144mb'),
  });
});
