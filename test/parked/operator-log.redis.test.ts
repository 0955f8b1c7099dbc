import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOperatorLog } from '../../src/parked/operator-log.ts';
import { operatorLogKey } from '../../src/redis/keys.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

test('an action is told with who, when and what, newest first, and pages go back', async () => {
  const client = redis.client();
  const log = createOperatorLog(client);
  const before = Date.now();
  for (const number of [1, 2, 3]) {
    await log.note({ name: 'action', address: '127.0.0.1' }, 'retry', { job: `parked-${number}`, who: 'x' });
  }
  const [newest, second] = await log.latest(2);
  expect(newest).toMatchObject({ who: 'action', from: '127.0.0.1', action: 'retry' });
  expect(newest!.what).toEqual({ job: 'parked-3', who: 'x' });
  expect(Math.abs(Date.parse(newest!.at) - before)).toBeLessThan(60_000);
  expect((await log.latest(10, second!.id)).map(({ what }) => what['job'])).toEqual(['parked-1']);
});

test('the log stays bounded', async () => {
  const client = redis.client();
  const log = createOperatorLog(client);
  const pipeline = client.pipeline();
  for (let at = 0; at < 15_000; at += 1) pipeline.xadd(operatorLogKey, '*', 'who', 'a', 'what', '{}');
  await pipeline.exec();
  await log.note({ name: 'admin', address: '' }, 'retry', {});
  expect(await client.xlen(operatorLogKey)).toBeLessThan(10_200);
});
