import { expect, test } from 'vitest';
import type { RedisClient } from '../../src/redis/connections.ts';
import { examineServer } from '../../src/tools/examine-server.ts';

const serverOf = (version: string) =>
  ({
    info: () =>
      Promise.resolve(`redis_version:${version}\r\naof_enabled:1\r\nused_memory:1000\r\nmaxmemory:9000\r\n`),
    time: () => Promise.resolve([Math.floor(Date.now() / 1_000), 0]),
    call: () => Promise.resolve(['appendfsync', 'everysec']),
  }) as unknown as RedisClient;

test.each(['5.0.14', '6.0.16'])('Redis %s is too old', async (version) => {
  expect(await examineServer(serverOf(version))).toContainEqual(
    expect.objectContaining({ level: 'dangerous', what: `Redis ${version} is too old` }),
  );
});

test.each(['6.2.0', '7.0.15', '10.0.0'])('Redis %s is new enough', async (version) => {
  const found = await examineServer(serverOf(version));
  expect(found.filter(({ level }) => level !== 'ok')).toEqual([]);
});
