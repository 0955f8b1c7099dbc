/** What another program removes from the stream before the group was given it: how many, between which ids; and never a false alarm. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Running } from '../../src/app/context.ts';
import { createFigures } from '../../src/monitor/figures.ts';
import { healthOf } from '../../src/monitor/health.ts';
import { createReadings } from '../../src/monitor/readings.ts';
import { cursorKey } from '../../src/redis/keys.ts';
import { notedLosses } from '../../src/stream/loss-records.ts';
import { lostIn } from '../../src/tools/lost.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startTestRelay, TOKEN } from '../fixtures/relay.ts';

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
let pipeline: Pipeline;
let matches = 0;
beforeEach(async () => {
  redis = await startRedis('--appendfsync', 'no');
  client = redis.client();
  pipeline = await openPipeline(redis);
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const append = (count: number) =>
  pipeline.append(Array.from({ length: count }, () => wire(makeMatch('cats', (matches += 1)))));
const items = async () => (await pipeline.inbox('cats')).length;

async function handle(count: number): Promise<string[]> {
  const running = start();
  const ids = await append(count);
  await pipeline.quiet();
  await stop(running);
  return ids;
}
const start = (): Running[] => [pipeline.startPump(), pipeline.startWorker()];
const stop = (running: Running[]) => Promise.all(running.map((part) => part.stop()));
/** Long enough for a save and a few reads. */
async function settled(): Promise<void> {
  const cursor = () => client.get(cursorKey(STREAM, GROUP));
  await client.set(cursorKey(STREAM, GROUP), '1-1');
  await vi.waitFor(async () => expect(await cursor()).not.toBe('1-1'), { timeout: 15_000, interval: 50 });
  await pause(50);
}

const lost = async () => (await lostIn({ home: client, stream: STREAM, from: '-', to: '+' })).unread;
const lostEntries = async () => (await lost()).reduce((sum, { entries }) => sum + (entries ?? Number.NaN), 0);

test.each([100, 0])('pump off, XADD 1,000, XTRIM MAXLEN %s, pump on', async (left) => {
  const before = await handle(20);
  const ids = await append(1_000);
  await client.xtrim(STREAM, 'MAXLEN', left);
  const log = vi.spyOn(pipeline.context.log, 'error');
  const running = start();
  await vi.waitFor(async () => expect(await lost()).toHaveLength(1), 15_000);
  await settled();
  await pipeline.quiet();
  await stop(running);
  await handle(5);
  const [gap] = await lost();
  expect(gap).toMatchObject({ after: before.at(-1), entries: 1_000 - left });
  expect(gap!.to >= ids[999 - left]!).toBe(true);
  expect(left === 0 || gap!.to < ids[1_000 - left]!).toBe(true);
  expect(await lost()).toHaveLength(1);
  expect(await items()).toBe(25 + left);
  expect(log.mock.calls.filter(([, text]) => String(text).startsWith('LOST'))).toHaveLength(1);
  const metrics = await pipeline.context.metrics.registry.metrics();
  expect(metrics).toContain(`skywire_inbox_entries_trimmed_unread_total ${1_000 - left}`);
  const readings = createReadings({
    home: client,
    skywire: client,
    isTwoServers: false,
    queues: pipeline.queues,
    streams: [STREAM],
    group: GROUP,
    windowMs: 86_400_000,
    readParked: () => Promise.resolve({}),
  });
  const [finding] = healthOf(await createFigures(client, pipeline.queues, readings)());
  const count = new Intl.NumberFormat('en').format(1_000 - left);
  expect(finding).toMatchObject({
    level: 'bad',
    what: expect.stringContaining(`${count} entries of`) as string,
  });
});

test('XDEL among what is unread', async () => {
  await handle(20);
  const ids = await append(50);
  await client.xdel(STREAM, ...ids.slice(10, 17));
  start();
  await vi.waitFor(async () => expect(await items()).toBe(63), 15_000);
  await settled();
  expect(await lost()).toEqual([{ after: expect.any(String), to: ids[16], entries: 7 }]);
});

test('XDEL of lower ids after higher ones, which leaves no newer mark: counted once all is read', async () => {
  await handle(20);
  const running = [pipeline.startPump()];
  await settled();
  const blocked = await openPipeline(redis, { MAX_WAITING_JOBS: '1', BATCH_SIZE: '10' });
  await stop(running);
  const pump = blocked.startPump();
  const ids = await append(100);
  await pause(500);
  await client.xdel(STREAM, ids[80]!);
  await pause(500);
  await client.xdel(STREAM, ids[60]!, ids[61]!);
  const worker = blocked.startWorker();
  await vi.waitFor(async () => expect(await items()).toBe(117), 15_000);
  await settled();
  expect(await lostEntries()).toBe(3);
  await stop([pump, worker]);
  await blocked.stop();
});

test('MAXLEN of a producer that outpaces the pump: all that is lost is counted', async () => {
  await handle(20);
  await pipeline.stop();
  pipeline = await openPipeline(redis, { MAX_WAITING_JOBS: '2', BATCH_SIZE: '10', WORKER_CONCURRENCY: '1' });
  const running = start();
  for (let round = 0; round < 60; round += 1) {
    const some = client.pipeline();
    for (let n = 0; n < 50; n += 1)
      some.xadd(STREAM, 'MAXLEN', 60, '*', 'data', wire(makeMatch('cats', (matches += 1))));
    await some.exec();
  }
  await pipeline.quiet();
  await settled();
  const delivered = await items();
  expect(delivered).toBeLessThan(3_020);
  expect(await lostEntries()).toBe(3_020 - delivered);
  await stop(running);
});

test.each(['DEL', 'RENAME'])('%s of the stream while the pump is away: unknown how many', async (command) => {
  const before = await handle(20);
  await settledCursor(before.at(-1)!);
  await append(30);
  await (command === 'DEL' ? client.del(STREAM) : client.rename(STREAM, 'elsewhere'));
  await append(5);
  start();
  await vi.waitFor(async () => expect(await items()).toBe(25), 15_000);
  expect(await lost()).toEqual([{ after: before.at(-1), to: expect.any(String), entries: null }]);
});

async function settledCursor(id: string): Promise<void> {
  const pump = pipeline.startPump();
  await vi.waitFor(async () => expect(await client.get(cursorKey(STREAM, GROUP))).toBe(id), 15_000);
  await pump.stop();
}

test('a stream that was trimmed before the first start has lost nothing of ours', async () => {
  await append(50);
  await client.xtrim(STREAM, 'MAXLEN', 10);
  const running = start();
  await vi.waitFor(async () => expect(await items()).toBe(10), 15_000);
  await settled();
  expect(await notedLosses(client)).toEqual([]);
  await stop(running);
  // And it is known from where on.
  await append(5);
  await client.xtrim(STREAM, 'MAXLEN', 1);
  start();
  await vi.waitFor(async () => expect(await items()).toBe(11), 15_000);
  expect(await lostEntries()).toBe(4);
});

test('none of these is a loss: trimming, deleting and reading again what was read, and a restart of Redis', async () => {
  let ids = await handle(50);
  const running = [...start(), pipeline.startPump()];
  await settled();
  // Deleted while nothing is unread, also the last one.
  await client.xdel(STREAM, ids[3]!, ids.at(-1)!);
  ids = await append(30);
  await pipeline.quiet();
  await client.xtrim(STREAM, 'MAXLEN', 10);
  await append(30);
  await pipeline.quiet();
  await client.xtrim(STREAM, 'MAXLEN', 0);
  await append(30);
  await pipeline.quiet();
  await settled();
  // Read again, and meanwhile trimmed.
  await client.xgroup('SETID', STREAM, GROUP, ids[0]!);
  await append(10);
  await pipeline.quiet();
  await client.xgroup('SETID', STREAM, GROUP, '0');
  await client.xtrim(STREAM, 'MAXLEN', 5);
  await append(10);
  await pipeline.quiet();
  await settled();
  await redis.kill9();
  await redis.restart();
  await append(20);
  await pipeline.quiet();
  await settled();
  await client.xgroup('DESTROY', STREAM, GROUP);
  await append(20);
  await vi.waitFor(async () => expect(await items()).toBe(200), 15_000);
  await settled();
  await stop(running);
  await handle(10);
  expect(await notedLosses(client)).toEqual([]);
});

test('through a relay', async () => {
  const relay = await startTestRelay(redis);
  await pipeline.stop();
  pipeline = await openPipeline(redis, { SKYWIRE_RELAY_URL: relay.url, SKYWIRE_RELAY_TOKEN: TOKEN });
  const before = await handle(20);
  const ids = await append(100);
  await client.xtrim(STREAM, 'MAXLEN', 30);
  await client.xdel(STREAM, ids[80]!);
  const running = start();
  await vi.waitFor(async () => expect(await items()).toBe(49), 15_000);
  await vi.waitFor(async () => expect(await lostEntries()).toBe(71), 15_000);
  expect((await lost())[0]).toMatchObject({ after: before.at(-1) });
  await stop(running);
  await relay.stop();
});

test('a stream that is deleted when all of it is read has lost nothing', async () => {
  start();
  await append(20);
  await pipeline.quiet();
  await settled();
  await client.del(STREAM);
  await append(20);
  await vi.waitFor(async () => expect(await items()).toBe(40), 15_000);
  await settled();
  expect(await notedLosses(client)).toEqual([]);
});
