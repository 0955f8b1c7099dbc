import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBooks } from '../../src/lanes/books.ts';
import { createPayloads } from '../../src/lanes/payloads.ts';
import { openQueues } from '../../src/lanes/queues.ts';
import { payloadsKey } from '../../src/redis/keys.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
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

const key = payloadsKey('matches');
const COUNT = 100;
const entries = (from: number) =>
  Array.from({ length: COUNT }, (_, n) => ({
    id: `${from}-${n + 1}`,
    data: wire(makeMatch('ann', from * 1_000 + n)),
  }));
const largeBatch = (from: number) => ({ stream: STREAM, entries: entries(from) });
const lane = () => pipeline.queues.laneOf(STREAM);
const kept = () => redis.client().hkeys(key);
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 50 });

test('a large batch has a payload until its job is done, and no longer', async () => {
  await pipeline.queues.lanes[0]!.add([largeBatch(1), largeBatch(2)]);
  const [job] = await lane().queue.getWaiting();
  expect(JSON.stringify(job!.data).length).toBeLessThan(COUNT * 20);
  expect(await kept()).toHaveLength(2);
  pipeline.startWorker();
  await soon(async () => expect(await kept()).toEqual([]));
  expect(await pipeline.inbox('ann')).toHaveLength(2 * COUNT);
  expect(await lane().queue.getJobCountByTypes('completed')).toBe(2);
});

test('what waits, runs or has failed keeps its payload, whatever is swept; what a person removed loses it', async () => {
  await pipeline.queues.lanes[0]!.add([largeBatch(1), largeBatch(2), largeBatch(3)]);
  const [gone, failed] = await lane().queue.getWaiting();
  await redis.client().lrem('skywire-inbox:{matches}:matches:wait', 0, failed!.id!);
  await redis.client().zadd('skywire-inbox:{matches}:matches:failed', Date.now(), failed!.id!);
  await gone!.remove();
  await lane().tidy(0);
  expect(await kept()).toHaveLength(2);
  expect(await kept()).not.toContain(gone!.id);
});

test('a payload whose pump died before it added the job is swept, once the books have given it up', async () => {
  await createBooks(redis.client(), 'matches').open([{ id: 'batch-dead', entries: COUNT }]);
  await createPayloads(redis.client(), 'matches').put([['batch-dead', Buffer.from('x')]]);
  await lane().tidy();
  expect(await kept()).toEqual(['batch-dead']);
  await lane().tidy(0);
  expect(await kept()).toEqual([]);
});

test('a pump that stood still between the two, until its payload was swept, does not take the job for added', async () => {
  const client = redis.client();
  const put = client.hset.bind(client) as (...args: unknown[]) => Promise<number>;
  const hset = vi.spyOn(client, 'hset').mockImplementation(async (...args: unknown[]) => {
    const done = put(...args);
    await Promise.all([done, client.del(key)]);
    return done;
  });
  const queues = openQueues(client, 8, [STREAM]);
  expect(await queues.lanes[0]!.add([largeBatch(1)])).toEqual([false]);
  hset.mockRestore();
  pipeline.startWorker();
  await soon(async () => expect(await lane().queue.getDelayedCount()).toBe(1));
  // It goes on: the entries are pending, and come again.
  expect(await queues.lanes[0]!.add([largeBatch(1)])).toEqual([true]);
  await soon(async () => expect(await pipeline.inbox('ann')).toHaveLength(COUNT));
  expect(await lane().queue.getFailedCount()).toBe(0);
  await queues.close();
});

test('a job that is done is not missing its payload, also once BullMQ has forgotten it', async () => {
  const small = (n: number) => ({
    stream: STREAM,
    entries: [{ id: `9-${n}`, data: wire(makeMatch('b', n)) }],
  });
  const queue = pipeline.queues.lanes[0]!;
  await queue.add([largeBatch(1)]);
  const [done] = await lane().queue.getWaiting();
  pipeline.startWorker();
  const payloads = createPayloads(redis.client(), 'matches');
  await soon(async () => expect(await kept()).toEqual([]));
  await queue.add(Array.from({ length: 120 }, (_, n) => small(n)));
  await soon(async () => expect(await lane().queue.getJob(done!.id!)).toBeUndefined());
  expect(await payloads.missing([done!.id!])).toEqual(new Set());
  expect(await pipeline.inbox('ann')).toHaveLength(COUNT);
});

test('a job whose payload is gone for good fails, and says which entries they were and what to do', async () => {
  await pipeline.queues.lanes[0]!.add([largeBatch(7)]);
  const [job] = await lane().queue.getWaiting();
  await redis.client().del(key);
  await redis.client().hset(`skywire-inbox:{matches}:matches:${job!.id}`, 'ats', 20);
  pipeline.startWorker();
  await soon(async () => expect(await lane().queue.getFailedCount()).toBe(1));
  const [failed] = await lane().queue.getFailed();
  expect(failed!.failedReason).toMatch(
    /^its payload \(entries 7-1 to 7-100 of skywire:matches\) is gone: .*npm run replay -- --from 7-1 --to 7-100/,
  );
});
