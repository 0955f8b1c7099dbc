/** WORKER_CONCURRENCY is what one process runs at once, over all its queues. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Ports } from '../../processors/index.ts';
import { openQueues, type Queues } from '../../src/lanes/queues.ts';
import { startWorkers, type Workers } from '../../src/workers/workers.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const STREAMS = ['one', 'two', 'three'];
const SLOTS = 3;
const JOBS = 20;
/** As long as a write takes; less than the others need to be fetched beside it. */
const WRITE_MS = 50;

let redis: TestRedis;
let pipeline: Pipeline;
let queues: Queues;
let workers: Workers;
/** Queues whose match is being written now. */
let now: string[];
let most: { all: number; byQueue: Record<string, number> };

beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
  queues = openQueues(redis.client({ maxRetriesPerRequest: null }), 8, STREAMS);
  now = [];
  most = { all: 0, byQueue: {} };
});
afterEach(async () => {
  await workers.stop(5_000);
  await queues.close();
  await pipeline.stop();
  await redis.stop();
});

const ports: Ports = {
  lookups: { look: () => Promise.resolve([]) },
  inboxes: {
    async write(deliveries) {
      const queue = deliveries[0]!.subscriber;
      now.push(queue);
      most.all = Math.max(most.all, now.length);
      const here = now.filter((one) => one === queue).length;
      most.byQueue[queue] = Math.max(most.byQueue[queue] ?? 0, here);
      await new Promise((resolve) => setTimeout(resolve, WRITE_MS));
      now.splice(now.indexOf(queue), 1);
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

const entryOf = (name: string, nth: number) => ({ id: `${nth + 1}-0`, data: wire(makeMatch(name, nth)) });
const batches = (stream: string) =>
  Array.from({ length: JOBS }, (_, nth) => ({ stream, entries: [entryOf(stream, nth)] }));
const pages = Array.from({ length: JOBS }, (_, nth) => ({
  v: 1 as const,
  stream: 'one',
  entry: entryOf('fanout', nth),
  page: { first: 'a', last: 'z' },
  run: 'run',
}));
const parked = Array.from({ length: JOBS }, (_, nth) => ({
  v: 1 as const,
  stream: 'one',
  entry: entryOf('parked', nth),
  reason: 'unrouted' as const,
  detail: '',
}));

function start(): void {
  workers = startWorkers({
    client: redis.client({ maxRetriesPerRequest: null }),
    ports,
    events: pipeline.context.events,
    concurrency: SLOTS,
    deliveryBackoff: { baseMs: 1, maxMs: 1 },
    queues,
  });
}
const completed = async () =>
  (await Promise.all(queues.all.map(({ queue }) => queue.getMetrics('completed')))).reduce(
    (sum, { meta }) => sum + meta.count,
    0,
  );

test('of all queues together, so many jobs run at once, and each queue comes to its turn', async () => {
  for (const stream of STREAMS) await queues.laneOf(stream).add(batches(stream));
  await queues.fanout.add(pages);
  await queues.parked.add(parked);
  start();
  await vi.waitFor(async () => expect(await completed()).toBe(5 * JOBS), 30_000);
  expect(most.all).toBe(SLOTS);
  expect(Object.keys(most.byQueue).sort()).toEqual(['fanout', 'one', 'parked', 'three', 'two']);
  // A quarter of three slots: at least one, and no more.
  expect(most.byQueue['fanout']).toBe(1);
}, 60_000);

test('one queue alone gets all of them', async () => {
  await queues.laneOf('two').add(batches('two'));
  start();
  await vi.waitFor(async () => expect(await completed()).toBe(JOBS), 30_000);
  expect(most.byQueue).toEqual({ two: SLOTS });
}, 60_000);

test('a worker that stops starts no job that waited for its turn', async () => {
  for (const stream of STREAMS) await queues.laneOf(stream).add(batches(stream));
  start();
  await vi.waitFor(() => expect(now).toHaveLength(SLOTS), 10_000);
  const before = await completed();
  await workers.stop(5_000);
  expect((await completed()) - before).toBeLessThanOrEqual(2 * SLOTS);
  for (const { queue } of queues.lanes) expect(await queue.getActiveCount()).toBe(0);
}, 60_000);
