/** The overview's figures against what was really done, and its samples across restarts. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFigures, type TakeFigures } from '../../src/monitor/figures.ts';
import { type History, startHistory } from '../../src/monitor/history.ts';
import { createReadings } from '../../src/monitor/readings.ts';
import { createReasonCount } from '../../src/parked/index/count-reasons.ts';
import { historyKeys } from '../../src/redis/keys.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
type Overview = History & { figures: TakeFigures };
const started: Overview[] = [];
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((overview) => overview.stop()));
  await pipeline.stop();
  await redis.stop();
});

function open(sampleEveryMs = 60_000, sendsCanary = true): Overview {
  const client = redis.client();
  const { queues } = pipeline;
  const readings = {
    home: client,
    skywire: client,
    isTwoServers: false,
    queues,
    streams: [STREAM],
    group: GROUP,
    windowMs: 86_400_000,
    readParked: createReasonCount(client, queues.parked.queue),
    sendsCanary,
  };
  const takeReadings = createReadings(readings);
  const figures = createFigures(client, queues, takeReadings);
  const overview = { figures, ...startHistory(client, figures, sampleEveryMs) };
  started.push(overview);
  return overview;
}

test('the figures are what was done: lag, jobs, parked, rate, latency, canary', async () => {
  const matches = Array.from({ length: 1_000 }, (_, at) => wire(makeMatch('cats', at)));
  await pipeline.append([...matches, 'no JSON', wire(makeMatch('skywire-inbox:canary', 1))]);
  const overview = open();
  expect(await overview.figures()).toMatchObject({
    streams: [{ stream: STREAM, group: GROUP, unread: 1_002, length: 1_002 }],
    work: { handledPerSecond: 0, p50Ms: null },
    canaryAgeMs: null,
  });
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.quiet();
  await vi.waitFor(async () => {
    const now = await overview.figures();
    expect(now.streams).toMatchObject([{ unread: 0, pending: 0 }]);
    expect(now.parked).toMatchObject({ malformed: 1 });
    expect(now.work!.handledPerSecond).toBeGreaterThan(10);
    expect(now.work!.deliveredPerSecond).toBeGreaterThan(10);
    expect(now.work!.deliveredPerSecond).toBeLessThan(now.work!.handledPerSecond);
    expect(now.work!.p50Ms).toBeGreaterThan(0);
    expect(now.work!.p99Ms).toBeGreaterThanOrEqual(now.work!.p50Ms!);
    expect(now.canaryAgeMs).toBeLessThan(60_000);
    expect(now.servers).toMatchObject([{ server: 'home', isDurable: true, mayEvict: false }]);
  }, 10_000);
  // Where no canary is sent any more, the last one only grows old.
  expect((await open(60_000, false).figures()).canaryAgeMs).toBeNull();
});

test('samples outlive the process that wrote them; of several processes one writes at a time', async () => {
  const overviews = [open(100), open(100), open(100)];
  const client = redis.client();
  const length = () => client.xlen(historyKeys.samples);
  await vi.waitFor(async () => expect(await length()).toBeGreaterThan(8), { timeout: 15_000, interval: 50 });
  await Promise.all(overviews.map((overview) => overview.stop()));
  const written = await length();
  const times = (await client.xrange(historyKeys.samples, '-', '+')).map(([id]) => Number(id.split('-')[0]));
  // Each of the three for itself would have written three times as often.
  const elapsedMs = times.at(-1)! - times[0]!;
  expect(times.length).toBeLessThan((1.5 * elapsedMs) / 100 + 3);
  const next = open();
  expect((await next.since(3_600_000)).length).toBeGreaterThanOrEqual(written);
});

test('a day of samples becomes a few hundred points, peaks kept, and the stream stays bounded', async () => {
  const client = redis.client();
  const dayAgo = Date.now() - 86_000_000;
  const pipelined = client.pipeline();
  for (let at = 0; at < 8_600; at += 1) {
    const unread = at === 4_321 ? 777_777 : 5;
    pipelined.xadd(
      historyKeys.samples,
      `${dayAgo + at * 10_000}-0`,
      'v',
      JSON.stringify([unread, 1, 0, 10, 9, 5, 50, 1_000]),
    );
  }
  await pipelined.exec();
  const overview = open();
  const points = await overview.since(86_400_000);
  expect(points.length).toBeGreaterThan(200);
  expect(points.length).toBeLessThanOrEqual(360);
  expect(Math.max(...points.map(({ unread }) => unread))).toBe(777_777);
  expect(points[0]).toMatchObject({ handled: 10, delivered: 9, p99: 50 });
  expect((await overview.since(3_600_000)).length).toBeLessThanOrEqual(361);
  for (let at = 0; at < 2_000; at += 1)
    pipelined.xadd(historyKeys.samples, '*', 'v', '[0,0,0,0,0,null,null,0]');
  await pipelined.exec();
  await client.del(historyKeys.writer);
  open(20);
  await vi.waitFor(async () => expect(await client.xlen(historyKeys.samples)).toBeLessThan(8_900), 10_000);
});
