/** One XADD a year ahead of the clock: every later id is ahead too, and tells nothing of an entry's age. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFigures } from '../../src/monitor/figures.ts';
import { healthOf } from '../../src/monitor/health.ts';
import { createReadings } from '../../src/monitor/readings.ts';
import { createCursor } from '../../src/pump/cursor.ts';
import { createMarks } from '../../src/pump/marks.ts';
import { createTrimmer } from '../../src/pump/trimmer.ts';
import { cursorMarksKey } from '../../src/redis/keys.ts';
import { createSource } from '../../src/stream/source.ts';
import { examineSkywire } from '../../src/tools/examine-skywire.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const YEAR_MS = 365 * 86_400_000;
const windowMs = 2_000;

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
let pipeline: Pipeline;
let matches = 0;
beforeEach(async () => {
  redis = await startRedis();
  client = redis.client();
  pipeline = await openPipeline(redis);
  await client.xadd(STREAM, `${Date.now() + YEAR_MS}-0`, 'data', wire(makeMatch('s', (matches += 1))));
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

/** A trimmer that is due at once, as after a restart of its pump: what it knows lies in Redis. */
async function trim({ isOneServer = true } = {}): Promise<number> {
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
    isOneServer,
    windowMs,
    onReplaced: () => Promise.resolve(),
    onReadAgain: () => Promise.resolve(),
  });
  await cursor.save();
  const marks = createMarks({ home: client, stream: STREAM, group: GROUP, windowMs });
  const holding = pipeline.queues.holding(STREAM);
  const kept = () => pipeline.queues.kept(STREAM);
  return createTrimmer({ source, cursor, marks, holding, kept, windowMs }).trim();
}

const append = (count: number) =>
  pipeline.append(Array.from({ length: count }, () => wire(makeMatch('s', (matches += 1)))));
const left = async () => (await client.xrange(STREAM, '-', '+')).map(([id]) => id);

/** The pump of the product notes marks for its own window, a day, under the same key. */
const forgetMarks = () => client.hdel(cursorMarksKey(STREAM, GROUP), 'times');

async function deliverAll(): Promise<void> {
  const [pump, worker] = [pipeline.startPump(), pipeline.startWorker()];
  await pipeline.quiet();
  await pump.stop();
  await worker.stop();
}

test.each([true, false])(
  'what the pump had added before the replay window goes, and nothing younger; one server: %s',
  async (isOneServer) => {
    const old = await append(30);
    await deliverAll();
    await forgetMarks();
    expect(await trim({ isOneServer })).toBe(0);
    await pause(windowMs + 200);
    const young = await append(5);
    await deliverAll();
    expect(await trim({ isOneServer })).toBe(30);
    expect(await left()).toEqual([old.at(-1), ...young]);
    expect(await trim({ isOneServer })).toBe(0);
  },
);

test('nothing goes that a group has not acknowledged, or a job holds', async () => {
  const ids = await append(30);
  await client.xgroup('CREATE', STREAM, 'track_app', '0');
  await deliverAll();
  await forgetMarks();
  await trim();
  await pause(windowMs + 200);
  expect(await trim()).toBe(0);
  await client.xgroup('SETID', STREAM, 'track_app', '$');
  const entry = { id: ids[7]!, data: 'x' };
  await pipeline.queues.lanes[0]!.add([{ stream: STREAM, entries: [entry], run: 'r' }]);
  expect(await trim()).toBe(8);
  expect((await left())[0]).toBe(ids[7]);
});

test('nothing goes by the marks of a stream that was deleted and filled anew', async () => {
  await append(10);
  await deliverAll();
  await forgetMarks();
  await trim();
  await client.del(STREAM);
  await pause(windowMs + 200);
  await client.xadd(STREAM, `${Date.now() + YEAR_MS / 2}-0`, 'data', wire(makeMatch('s', (matches += 1))));
  await append(10);
  await deliverAll();
  expect(await trim()).toBe(0);
  expect(await left()).toHaveLength(11);
});

test('the overview and doctor say how far the ids are ahead', async () => {
  const readings = {
    home: client,
    skywire: client,
    isTwoServers: false,
    queues: pipeline.queues,
    streams: [STREAM],
    group: GROUP,
    windowMs,
    readParked: () => Promise.resolve({}),
  };
  await deliverAll();
  const [finding] = healthOf(await createFigures(client, pipeline.queues, createReadings(readings))());
  expect(finding).toMatchObject({ level: 'look', what: expect.stringContaining('8,760 h ahead') as string });
  const config = { stream: { keys: [STREAM], group: GROUP, retentionMs: windowMs } };
  const found = await examineSkywire({ skywire: client, skywireServer: undefined, config });
  expect(found).toContainEqual({ level: 'note', what: finding!.what, fix: finding!.remedy });
});
