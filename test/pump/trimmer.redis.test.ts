import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCursor } from '../../src/pump/cursor.ts';
import { createMarks } from '../../src/pump/marks.ts';
import { createTrimmer } from '../../src/pump/trimmer.ts';
import { keptKey } from '../../src/redis/keys.ts';
import { createSource } from '../../src/stream/source.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const HOUR_MS = 3_600_000;

let redis: TestRedis;
let pipeline: Pipeline;
let client: ReturnType<TestRedis['client']>;
beforeEach(async () => {
  redis = await startRedis();
  client = redis.client();
  pipeline = await openPipeline(redis);
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

function openTrimmer() {
  const source = createSource({
    reader: client,
    commands: client,
    stream: STREAM,
    group: GROUP,
    consumer: 'c',
  });
  const cursor = createCursor({
    home: client,
    source,
    group: GROUP,
    isOneServer: true,
    windowMs: HOUR_MS,
    onReplaced: () => Promise.resolve(),
    onReadAgain: () => Promise.resolve(),
  });
  const holding = pipeline.queues.holding(STREAM);
  const kept = () => pipeline.queues.kept(STREAM);
  const marks = createMarks({ home: client, stream: STREAM, group: GROUP, windowMs: HOUR_MS });
  return {
    source,
    cursor,
    trim: () => createTrimmer({ source, cursor, marks, holding, kept, windowMs: HOUR_MS }).trim(),
  };
}

/** As appended so many hours ago. */
async function appendAged(count: number, hours: number, subscription = 's'): Promise<string[]> {
  const ids: string[] = [];
  const ms = Date.now() - hours * HOUR_MS;
  for (let n = 0; n < count; n += 1) {
    const id = `${ms}-${n}`;
    ids.push(id);
    await client.xadd(STREAM, id, 'data', wire(makeMatch(subscription, n + hours * 1_000)));
  }
  return ids;
}

async function deliverAll(): Promise<void> {
  const [pump, worker] = [pipeline.startPump(), pipeline.startWorker()];
  await pipeline.quiet();
  await pump.stop();
  await worker.stop();
  await openTrimmer().cursor.save();
}

test('what is older than the window and delivered goes; what is younger stays', async () => {
  await appendAged(250, 2);
  const young = await appendAged(3, 0);
  await deliverAll();
  expect(await openTrimmer().trim()).toBe(250);
  expect((await client.xrange(STREAM, '-', '+')).map(([id]) => id)).toEqual(young);
  expect(await openTrimmer().trim()).toBe(0);
});

test('nothing goes that another group has not read, or has not acknowledged', async () => {
  const ids = await appendAged(20, 2);
  await client.xgroup('CREATE', STREAM, 'track_app', '0');
  await deliverAll();
  expect(await openTrimmer().trim()).toBe(0);
  await client.xreadgroup('GROUP', 'track_app', 'other', 'COUNT', 20, 'STREAMS', STREAM, '>');
  await client.xack(STREAM, 'track_app', ...ids.slice(0, 5), ...ids.slice(6));
  expect(await openTrimmer().trim()).toBe(5);
  expect((await client.xrange(STREAM, '-', '+'))[0]![0]).toBe(ids[5]);
});

test('nothing goes that an unfinished job holds, nor what follows it', async () => {
  const ids = await appendAged(20, 2);
  await deliverAll();
  const entry = { id: ids[7]!, data: 'x' };
  await pipeline.queues.lanes[0]!.add([{ stream: STREAM, entries: [entry], run: 'r' }]);
  expect(await openTrimmer().trim()).toBe(7);
  await pipeline.queues.lanes[0]!.queue.obliterate({ force: true });
  const page = { first: 'a', last: 'b' };
  const held = { v: 1, stream: STREAM, entry: { id: ids[9]!, data: 'x' }, page, run: 'r' } as const;
  await pipeline.queues.fanout.add([held]);
  expect(await openTrimmer().trim()).toBe(2);
});

test('nothing goes that the group has pending, nor before there is a group', async () => {
  const ids = await appendAged(10, 2);
  expect(await openTrimmer().trim()).toBe(0);
  const { source, cursor, trim } = openTrimmer();
  await source.ensureGroup('0');
  expect(await trim()).toBe(0);
  await cursor.save();
  await source.readNew(10, 100);
  await source.ack(ids.slice(0, 4));
  await cursor.save();
  // The cursor stands just before what is pending.
  expect(await openTrimmer().trim()).toBe(3);
  expect((await client.xrange(STREAM, '-', '+'))[0]![0]).toBe(ids[3]);
});

test('single entries that parked jobs refer to stay, and everything around them goes', async () => {
  const ids = await appendAged(2_500, 2);
  const young = await appendAged(1, 0);
  await deliverAll();
  const parkedAt = (id: string) =>
    ({ v: 2, stream: STREAM, entry: { id, bytes: 1 }, reason: 'rejected', detail: '' }) as const;
  const [first, other] = [parkedAt(ids[3]!), parkedAt(ids[1_900]!)];
  const { parked } = pipeline.queues;
  await parked.add([first, other, { ...parkedAt(ids[5]!), stream: 'another' }]);
  expect(await openTrimmer().trim()).toBe(2_498);
  expect((await client.xrange(STREAM, '-', '+')).map(([id]) => id)).toEqual([ids[3], ids[1_900], ...young]);
  expect(await openTrimmer().trim()).toBe(0);
  // Both were removed by an operator: a minute later nobody needs them, a day later they are forgotten.
  for (const [job, row] of Object.entries(await client.hgetall(keptKey('parked'))))
    await client.hset(
      keptKey('parked'),
      job,
      row.replace(/^\d+/, (ms) => String(Number(ms) - 86_461_000)),
    );
  await parked.queue.obliterate({ force: true });
  expect(await openTrimmer().trim()).toBe(2);
  await parked.add([parkedAt(ids[9]!)]);
  expect(await client.hlen(keptKey('parked'))).toBe(1);
});

test('a user who may not delete single entries keeps them, and the pump goes on', async () => {
  const ids = await appendAged(20, 2);
  await appendAged(1, 0);
  await deliverAll();
  const entry = { id: ids[3]!, bytes: 1 };
  await pipeline.queues.parked.add([{ v: 2, stream: STREAM, entry, reason: 'rejected', detail: '' }]);
  await client.acl('SETUSER', 'default', '-xdel');
  expect(await openTrimmer().trim()).toBe(3);
  expect(await openTrimmer().trim()).toBe(0);
});
