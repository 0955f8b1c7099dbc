import { afterEach, beforeEach, expect, test } from 'vitest';
import { createErase } from '../../src/inbox/erase/erase.ts';
import { createFeedTokens } from '../../src/inbox/feed-tokens.ts';
import { createInboxList } from '../../src/inbox/inbox-list.ts';
import { createBooks } from '../../src/lanes/books.ts';
import { createDirectoryRouter, directRouter } from '../../src/subscriptions/directory.ts';
import { type AuditOptions, audit } from '../../src/tools/audit.ts';
import { repair } from '../../src/tools/repair.ts';
import { replay } from '../../src/tools/replay.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const payloads = (subscription: string, count: number) =>
  Array.from({ length: count }, (_, n) => wire(makeMatch(subscription, n, { emptyRkey: true })));

function options(isDirectory = false): AuditOptions {
  const client = redis.client();
  return {
    home: client,
    skywire: client,
    queues: pipeline.queues,
    router: isDirectory ? createDirectoryRouter(client) : directRouter,
    directory: isDirectory ? pipeline.directory : undefined,
    stream: STREAM,
    group: GROUP,
    from: '0',
    to: '+',
    onProgress: () => {},
  };
}
const work = { batchSize: 50, maxWaitingJobs: 100 };

test('an item deleted behind our back is named, repaired, and then the books are clean', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  const ids = await pipeline.append(payloads('cats', 100));
  await pipeline.quiet();
  expect((await audit(options())).counts).toMatchObject({ in_inbox: 100, missing: 0 });
  const items = await pipeline.inbox('cats');
  await redis.client().xdel('inbox:{cats}', items.at(-8)!.id);
  const found = await audit(options());
  expect(found.missing).toEqual([{ stream: STREAM, id: ids[7], subscription: 'cats', subscriber: 'cats' }]);
  expect((await repair(options(), found, work)).counts).toMatchObject({ in_inbox: 100, missing: 0 });
  expect(await pipeline.inbox('cats')).toHaveLength(100);
});

test('what was trimmed while it was pending is named as lost, and nothing brings it back', async () => {
  pipeline = await openPipeline(redis);
  const client = redis.client();
  const ids = await pipeline.append(payloads('cats', 30));
  await client.xgroup('CREATE', STREAM, GROUP, '0');
  await client.xreadgroup('GROUP', GROUP, 'dead', 'COUNT', 10, 'STREAMS', STREAM, '>');
  await client.xclaim(STREAM, GROUP, 'dead', 0, ...ids.slice(0, 10), 'IDLE', 60_000, 'JUSTID');
  await client.xdel(STREAM, ...ids.slice(0, 4));
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.quiet();
  const found = await audit(options());
  expect(found.lost.ids).toEqual(ids.slice(0, 4));
  expect(found.counts).toMatchObject({ in_inbox: 26, missing: 0 });
  expect((await audit({ ...options(), from: ids[2]!, to: ids[20]! })).lost.ids).toEqual(ids.slice(2, 4));
  expect((await audit({ ...options(), from: ids[4]! })).lost.ids).toEqual([]);
});

test('what is not read yet, or waits in a job, is in flight', async () => {
  pipeline = await openPipeline(redis, { BATCH_SIZE: '10', MAX_WAITING_JOBS: '2' });
  await pipeline.append(payloads('cats', 100));
  expect((await audit(options()).catch(() => undefined))?.counts ?? { in_flight: 100 }).toMatchObject({
    in_flight: 100,
  });
  const pump = pipeline.startPump();
  await pump.stop();
  expect((await audit(options())).counts).toMatchObject({ in_flight: 100, missing: 0 });
});

test('a bad entry is parked; one whose parked job a person removed is missing', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  const [bad] = await pipeline.append(['no match']);
  await pipeline.quiet();
  expect((await audit(options())).counts).toMatchObject({ parked: 1, missing: 0 });
  const [job] = await pipeline.queues.parked.queue.getFailed();
  await job!.remove();
  expect((await audit(options())).missing).toMatchObject([{ id: bad, subscriber: null }]);
});

test('who registered later need not have it; who left is dropped knowingly', async () => {
  pipeline = await openPipeline(redis, { ROUTING: 'directory' });
  await pipeline.directory.register('cats', 'ann');
  await pipeline.directory.register('dogs', 'ann');
  await pipeline.directory.unregister('dogs', 'ann');
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append([...payloads('cats', 5), ...payloads('dogs', 5)]);
  await pipeline.quiet();
  await pipeline.directory.register('cats', 'ben');
  expect((await audit(options(true))).counts).toEqual({
    in_inbox: 5,
    parked: 0,
    in_flight: 0,
    dropped: 5,
    erased: 0,
    edited: 0,
    discarded: 0,
    missing: 0,
  });
});

test('what an erased person had is counted as erased: repair and replay bring none of it back, and what is newer is delivered', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  const client = redis.client();
  await pipeline.append([...payloads('ann', 5), ...payloads('ben', 5)]);
  await pipeline.quiet();
  const again = { ...options(), ...work, client, signal: new AbortController().signal };
  const list = createInboxList(client);
  const feedTokens = createFeedTokens(client);
  const { directory } = pipeline;
  const erase = createErase({ client, list, feedTokens, directory, rememberMs: 3_600_000 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await erase('ann');
  await new Promise((resolve) => setTimeout(resolve, 5));
  const found = await audit(options());
  expect(found.counts).toMatchObject({ in_inbox: 5, erased: 5, missing: 0 });
  await replay(again);
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toEqual([]);
  await pipeline.append([wire(makeMatch('ann', 7)), wire(makeMatch('ann', 8))]);
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toHaveLength(2);
  await replay(again);
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toHaveLength(2);
  expect((await audit(options())).counts).toMatchObject({ in_inbox: 7, erased: 5, missing: 0 });
  expect((await createBooks(client).balance()).drift).toBe(0);
});
