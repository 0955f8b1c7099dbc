import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cursorKey } from '../../src/redis/keys.ts';
import { createSource } from '../../src/stream/source.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  // Without fsync Redis hands every write to the kernel before it answers; with everysec a kill -9 can cost confirmed writes.
  redis = await startRedis('--appendfsync', 'no');
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const payloads = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => wire(makeMatch('cats', from + n, { emptyRkey: true })));
const waiting = () => pipeline.queues.lanes[0]!.queue.getWaitingCount();

test('what was appended before the pump first started is read', async () => {
  pipeline = await openPipeline(redis);
  await pipeline.append(payloads(0, 30));
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.quiet();
  expect(await pipeline.inbox('cats')).toHaveLength(30);
});

test('entries that a dead pump left pending are taken over', async () => {
  pipeline = await openPipeline(redis);
  const client = redis.client();
  await pipeline.append(payloads(0, 10));
  const options = { reader: client, commands: client, stream: STREAM, group: GROUP, consumer: 'dead' };
  const dead = createSource(options);
  await dead.ensureGroup('0');
  expect(await dead.readNew(10, 100)).toHaveLength(10);
  // As if 20 s had passed since the dead pump read them.
  const ids = (await client.xrange(STREAM, '-', '+')).map(([id]) => id);
  await client.call('XCLAIM', STREAM, GROUP, 'dead', '0', ...ids, 'IDLE', '20000', 'JUSTID');
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.quiet();
  expect(await pipeline.inbox('cats')).toHaveLength(10);
});

test('the pump stops reading above MAX_WAITING_JOBS and goes on below it', async () => {
  pipeline = await openPipeline(redis, { MAX_WAITING_JOBS: '5', BATCH_SIZE: '10' });
  pipeline.startPump();
  await pipeline.append(payloads(0, 500));
  await vi.waitFor(async () => expect(await waiting()).toBeGreaterThanOrEqual(5), 15_000);
  expect(await waiting()).toBeLessThanOrEqual(6);
  pipeline.startWorker();
  await pipeline.quiet();
  expect(await pipeline.inbox('cats')).toHaveLength(500);
});

test('entries that were trimmed while pending are reported with their exact ids', async () => {
  pipeline = await openPipeline(redis);
  const client = redis.client();
  const ids = await pipeline.append(payloads(0, 4));
  const lost: string[] = [];
  pipeline.context.events.entriesLost = (some) => void lost.push(...some);
  const options = { reader: client, commands: client, stream: STREAM, group: GROUP, consumer: 'dead' };
  const dead = createSource(options);
  await dead.ensureGroup('0');
  await dead.readNew(3, 100);
  await client.call('XCLAIM', STREAM, GROUP, 'dead', '0', ...ids.slice(0, 3), 'IDLE', '20000', 'JUSTID');
  await client.xdel(STREAM, ids[0]!, ids[1]!);
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.quiet();
  expect(lost).toEqual(ids.slice(0, 2));
  expect(await pipeline.inbox('cats')).toHaveLength(2);
});

test('a group that was destroyed is made again where it was, and nothing is passed over', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(payloads(0, 50));
  await pipeline.quiet();
  const client = redis.client();
  await client.xgroup('DESTROY', STREAM, GROUP);
  await pipeline.append(payloads(50, 80));
  await pipeline.quiet();
  expect(await pipeline.inbox('cats')).toHaveLength(80);
});

test('a stream that was deleted and filled again is read from its beginning', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(payloads(0, 20));
  await pipeline.quiet();
  await redis.client().del(STREAM);
  await pipeline.append(payloads(20, 40));
  await pipeline.quiet();
  expect(await pipeline.inbox('cats')).toHaveLength(40);
});

const cursor = () => redis.client().get(cursorKey(STREAM, GROUP));
/** It is saved every 5 s. */
const cursorAt = (id: string | undefined) =>
  vi.waitFor(async () => expect(await cursor()).toBe(id), { timeout: 15_000, interval: 50 });

/** Ids of a producer that numbers its own: far below those that Redis gave before. */
async function appendLow(from: number, to: number): Promise<void> {
  const client = redis.client();
  for (let n = from; n < to; n += 1)
    await client.xadd(STREAM, `${1_000 + n}-0`, 'data', wire(makeMatch('cats', n, { emptyRkey: true })));
}

test('a stream that was deleted and filled with lower ids while the pump was away is read whole, and it is said', async () => {
  pipeline = await openPipeline(redis);
  const replaced = vi.spyOn(pipeline.context.events, 'streamReplaced');
  const pump = pipeline.startPump();
  pipeline.startWorker();
  const ids = await pipeline.append(payloads(0, 20));
  await cursorAt(ids.at(-1));
  await pump.stop();
  await redis.client().del(STREAM);
  await appendLow(20, 120);
  await pipeline.append(payloads(120, 121));
  pipeline.startPump();
  await vi.waitFor(async () => expect(await pipeline.inbox('cats')).toHaveLength(121), 15_000);
  expect(replaced.mock.calls).toEqual([[expect.any(String), STREAM]]);
});

test('a stream that was deleted under the running pump, and filled with lower ids later, is read whole', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  const ids = await pipeline.append(payloads(0, 20));
  await cursorAt(ids.at(-1));
  const client = redis.client();
  await client.del(STREAM);
  await vi.waitFor(async () => expect(await client.exists(STREAM)).toBe(1), 15_000);
  await appendLow(20, 40);
  await vi.waitFor(async () => expect(await pipeline.inbox('cats')).toHaveLength(40), 15_000);
});

test('a group that was destroyed is made again at its cursor, without reading the stream anew', async () => {
  pipeline = await openPipeline(redis);
  const replaced = vi.spyOn(pipeline.context.events, 'streamReplaced');
  const pump = pipeline.startPump();
  pipeline.startWorker();
  const ids = await pipeline.append(payloads(0, 20));
  await pipeline.quiet();
  await pump.stop();
  const client = redis.client();
  await client.set(cursorKey(STREAM, GROUP), ids[14]!);
  await client.xgroup('DESTROY', STREAM, GROUP);
  pipeline.startPump();
  await cursorAt(ids.at(-1));
  expect(await pipeline.context.metrics.registry.metrics()).toMatch(/^skywire_inbox_entries_read_total 25$/m);
  expect(replaced).not.toHaveBeenCalled();
});

test('the pump goes on by itself after Redis was killed and restarted', async () => {
  pipeline = await openPipeline(redis);
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(payloads(0, 100));
  await redis.kill9();
  await redis.restart();
  await pipeline.append(payloads(100, 200));
  await pipeline.quiet();
  expect(await pipeline.inbox('cats')).toHaveLength(200);
});

test('stop() is idempotent and ends quickly with Redis gone', async () => {
  pipeline = await openPipeline(redis);
  const pump = pipeline.startPump();
  const worker = pipeline.startWorker();
  await pipeline.append(payloads(0, 10));
  await pipeline.quiet();
  await redis.kill9();
  const began = performance.now();
  await Promise.all([pump.stop(), pump.stop(), worker.stop()]);
  await pipeline.stop();
  expect(performance.now() - began).toBeLessThan(9_000);
});

test('a pump that stops leaves no consumer behind', async () => {
  pipeline = await openPipeline(redis);
  const pump = pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(payloads(0, 10));
  await pipeline.quiet();
  await pump.stop();
  expect(await redis.client().xinfo('CONSUMERS', STREAM, GROUP)).toEqual([]);
});
