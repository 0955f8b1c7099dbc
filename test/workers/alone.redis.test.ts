/** A job that may end its process runs while nothing else runs in that process, in whichever queue. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Ports } from '../../processors/index.ts';
import { retryFailed } from '../../src/parked/retry/retry-job.ts';
import { startWorkers, type Workers } from '../../src/workers/workers.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
let workers: Workers;
/** Subscriptions whose match is being written now, and how each write ends. */
let writing: Map<string, () => void>;
const together: string[] = [];

beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
  writing = new Map();
  together.length = 0;
});
afterEach(async () => {
  for (const end of writing.values()) end();
  await workers.stop(5_000);
  await pipeline.stop();
  await redis.stop();
});

const ports: Ports = {
  lookups: { look: () => Promise.resolve([]) },
  inboxes: {
    async write(deliveries) {
      const name = deliveries[0]!.subscriber;
      await new Promise<void>((end) => {
        writing.set(name, end);
        together.push([...writing.keys()].sort().join('+'));
      });
      writing.delete(name);
      for (const delivery of deliveries) delivery.result = 'delivered';
    },
  },
  router: {
    route: async (ids) => new Map(ids.map((id) => [id, { to: 'subscribers' as const, subscribers: [id] }])),
    subscribersOf: async (id) => [id],
  },
  jobs: { park: async () => {}, fanOut: async () => {}, resubmit: async () => {} },
  kept: { fetch: async () => '', attempt: async (_, write) => ({ result: await write() }) },
  isOutage: () => false,
};

function start(): void {
  workers = startWorkers({
    client: redis.client({ maxRetriesPerRequest: null }),
    ports,
    events: pipeline.context.events,
    concurrency: 2,
    deliveryBackoff: { baseMs: 1, maxMs: 1 },
    queues: pipeline.queues,
  });
}

const entryOf = (name: string) => ({ id: `${name.length}-0`, data: wire(makeMatch(name, 1)) });
const addBatch = (name: string) =>
  pipeline.queues.lanes[0]!.add([{ stream: STREAM, entries: [entryOf(name)] }]);
const parkedQueue = () => pipeline.queues.parked.queue;
const isWriting = (name: string) => vi.waitFor(() => expect([...writing.keys()]).toContain(name), 10_000);

async function park(name: string): Promise<string> {
  const match = {
    v: 1 as const,
    stream: STREAM,
    entry: entryOf(name),
    reason: 'suspect' as const,
    detail: 'x',
  };
  await pipeline.queues.parked.add([match]);
  await vi.waitFor(async () => expect(await parkedQueue().getFailedCount()).toBe(1), 10_000);
  return (await parkedQueue().getFailed())[0]!.id!;
}

test('a suspect that a person retries waits for what runs, and nothing starts beside it', async () => {
  start();
  const id = await park('suspect');
  await addBatch('before');
  await isWriting('before');
  await retryFailed(pipeline.queues, 'parked', id);
  await vi.waitFor(async () => expect(await parkedQueue().getActiveCount()).toBe(1), 10_000);
  // The next batch: not even held while the suspect may end the process.
  await addBatch('afterwards');
  writing.get('before')!();
  await isWriting('suspect');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([...writing.keys()]).toEqual(['suspect']);
  expect(await pipeline.queues.lanes[0]!.queue.getActiveCount()).toBe(0);
  writing.get('suspect')!();
  await isWriting('afterwards');
  writing.get('afterwards')!();
  expect(together).toEqual(['before', 'suspect', 'afterwards']);
  expect(await parkedQueue().getFailedCount()).toBe(0);
}, 60_000);

test('what comes while it runs is not even fetched, although a worker was waiting for it', async () => {
  start();
  const id = await park('suspect');
  // Idle for a moment: the worker of matches waits in Redis for a job.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await retryFailed(pipeline.queues, 'parked', id);
  await isWriting('suspect');
  await addBatch('meanwhile');
  const { queue } = pipeline.queues.lanes[0]!;
  for (let looks = 0; looks < 50; looks += 1) {
    const [waiting] = await queue.getWaiting();
    expect(waiting?.attemptsStarted, 'fetched, and given back').toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  writing.get('suspect')!();
  await isWriting('meanwhile');
  writing.get('meanwhile')!();
}, 60_000);

test('one whose worker has died does the same, and its process takes up work again', async () => {
  await addBatch('stalled');
  const { queue } = pipeline.queues.lanes[0]!;
  const [stalled] = await queue.getWaiting();
  await redis.client().hset(queue.toKey(stalled!.id!), 'stc', 1);
  start();
  await isWriting('stalled');
  for (const name of ['a', 'bb', 'ccc']) await addBatch(name);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([...writing.keys()]).toEqual(['stalled']);
  expect(await queue.getActiveCount()).toBe(1);
  writing.get('stalled')!();
  for (const name of ['a', 'bb', 'ccc']) {
    await isWriting(name);
    writing.get(name)!();
  }
  await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(4), 10_000);
}, 60_000);
