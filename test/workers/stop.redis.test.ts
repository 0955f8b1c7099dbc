import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Ports } from '../../processors/index.ts';
import { startWorkers } from '../../src/workers/workers.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeAll(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
});
afterAll(async () => {
  await pipeline.stop();
  await redis.stop();
});

test('work that does not end by the deadline is back with others at once, not after its lock has run out', async () => {
  let isWriting = false;
  const ports: Ports = {
    lookups: { look: () => Promise.resolve([]) },
    inboxes: {
      write: () => {
        isWriting = true;
        return new Promise(() => undefined);
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
  const workers = startWorkers({
    client: redis.client({ maxRetriesPerRequest: null }),
    ports,
    events: pipeline.context.events,
    concurrency: 2,
    deliveryBackoff: { baseMs: 1, maxMs: 1 },
    queues: pipeline.queues,
  });
  const entries = [{ id: '1-0', data: wire(makeMatch('cats', 1)) }];
  await pipeline.queues.lanes[0]!.add([{ stream: STREAM, entries }]);
  await vi.waitFor(() => expect(isWriting).toBe(true), 10_000);
  await workers.stop(200);
  expect(await pipeline.queues.lanes[0]!.queue.getWaitingCount()).toBe(1);
  pipeline.startWorker();
  await vi.waitFor(async () => expect(await pipeline.inbox('cats')).toHaveLength(1), 5_000);
});

test('the workers of twelve partitions stop without a warning', async () => {
  const warnings: Error[] = [];
  const keep = (warning: Error) => warnings.push(warning);
  process.on('warning', keep);
  const twelve = Array.from({ length: 12 }, (_, n) => `stop:${n}`).join(',');
  const many = await openPipeline(redis, { SKYWIRE_STREAM: twelve });
  many.startWorker();
  await many.stop();
  process.off('warning', keep);
  expect(warnings).toEqual([]);
});
