import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const JOBS = 40;
const ENTRIES = 5_000;

let redis: TestRedis;
let pipeline: Pipeline;
beforeAll(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
  const batches = Array.from({ length: JOBS }, (_, job) => ({
    stream: STREAM,
    entries: Array.from({ length: ENTRIES }, (_, n) => ({
      id: `${1_704_888_000_000 + job}-${n}`,
      data: 'x',
    })),
  }));
  await pipeline.queues.laneOf(STREAM).add(batches.toReversed());
});
afterAll(async () => {
  await pipeline.stop();
  await redis.stop();
});

/** How long Redis was busy with scripts meanwhile, in µs: nobody else is served while one runs. */
async function busyUs(work: () => Promise<unknown>): Promise<number> {
  const client = redis.client();
  await client.config('RESETSTAT');
  await work();
  const stats = await client.info('commandstats');
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/g)].reduce(
    (sum, [, usec]) => sum + Number(usec),
    0,
  );
}

test('the oldest entry that jobs hold is found for little more than reading the jobs takes', async () => {
  const lane = pipeline.queues.laneOf(STREAM);
  expect(await lane.oldestHeld()).toBe('1704888000000-0');
  const client = redis.client();
  const read = `for _, job in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do redis.call('HGET', ARGV[1] .. job, 'data') end`;
  const keys = [lane.queue.toKey('wait'), lane.queue.toKey('')] as const;
  const ratios: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const reading = await busyUs(() => client.eval(read, 1, ...keys));
    ratios.push((await busyUs(() => lane.oldestHeld())) / reading);
  }
  expect(Math.min(...ratios)).toBeLessThan(3);
});
