import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const page = (id: string) =>
  ({
    v: 1,
    stream: STREAM,
    entry: { id, data: '{}' },
    page: { first: 'a', last: 'b' },
    run: 'test',
  }) as const;

test('a job that Redis refuses does not count as added', async () => {
  const client = redis.client();
  // The script that adds a job fails on a list of another type.
  await client.set('skywire-inbox:{fanout}:fanout:wait', 'not a list');
  const refused = await pipeline.queues.fanout.add([page('1-0')]).catch(() => [false]);
  expect(refused).toEqual([false]);
  await client.del('skywire-inbox:{fanout}:fanout:wait');
  expect(await pipeline.queues.fanout.add([page('2-0'), page('3-0')])).toEqual([true, true]);
});
