/** A match that was parked before a limit removed younger posts is older than all of them, and nobody has seen it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDirectoryRouter } from '../../src/subscriptions/directory.ts';
import { audit } from '../../src/tools/audit.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  pipeline = await openPipeline(redis, {
    ROUTING: 'directory',
    DELIVERY_ATTEMPTS: '1',
    INBOX_MAX_ITEMS: '50',
    BATCH_SIZE: '20',
  });
});
afterAll(async () => {
  await pipeline.stop();
  await redis.stop();
});

const payload = (subscription: string, n: number) => wire(makeMatch(subscription, n, { emptyRkey: true }));

test('a match parked before the limit ran is delivered by a retry, and what the limit removed is not missing', async () => {
  const { queues, directory } = pipeline;
  await directory.register('dogs', 'ann');
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append([payload('cats', 0)]);
  await vi.waitFor(async () => expect(await queues.parked.queue.getFailedCount()).toBe(1), 10_000);
  await pipeline.append(Array.from({ length: 300 }, (_, n) => payload('dogs', n + 1)));
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toHaveLength(50);

  await directory.register('cats', 'ann');
  const [job] = await queues.parked.queue.getFailed();
  await job!.retry();
  await pipeline.quiet();
  expect(await queues.parked.queue.getFailedCount()).toBe(0);
  const items = await pipeline.inbox('ann');
  expect(items.map(({ matchedBy }) => matchedBy[0]!.subscription_id).filter((id) => id === 'cats')).toEqual([
    'cats',
  ]);
  expect(items).toHaveLength(50);

  // Everything once more, as after a rewind: nothing comes back.
  await pipeline.append(Array.from({ length: 300 }, (_, n) => payload('dogs', n + 1)));
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toEqual(items);
  const client = redis.client();
  const found = await audit({
    home: client,
    skywire: client,
    queues,
    router: createDirectoryRouter(client),
    directory,
    stream: STREAM,
    group: GROUP,
    from: '0',
    to: '+',
    onProgress: () => {},
  });
  expect(found.counts).toMatchObject({ in_inbox: 601, parked: 0, in_flight: 0, dropped: 0, missing: 0 });
});
