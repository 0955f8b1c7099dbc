import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSource } from '../../src/stream/source.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => redis.stop());

test('a consumer for which something is pending stays; without, it goes', async () => {
  const client = redis.client();
  const about = { reader: client, commands: client, stream: 'matches', group: 'readers', consumer: 'one' };
  const source = createSource(about);
  await source.ensureGroup('0');
  const id = (await client.xadd('matches', '*', 'data', 'x'))!;
  expect(await source.readNew(10, 100)).toHaveLength(1);
  await source.leave();
  expect(await client.xpending('matches', 'readers')).toMatchObject([1, id, id, [['one', '1']]]);
  await source.ack([id]);
  await source.leave();
  expect(await client.xinfo('CONSUMERS', 'matches', 'readers')).toEqual([]);
});
