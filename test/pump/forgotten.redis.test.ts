/** The queues' Redis loses what it knew of the stream, and the stream's Redis does not: nothing may be missing, and it must be said. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFigures } from '../../src/monitor/figures.ts';
import { healthOf } from '../../src/monitor/health.ts';
import { createReadings } from '../../src/monitor/readings.ts';
import { cursorKey, cursorServersKey } from '../../src/redis/keys.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { quiet } from '../fixtures/progress.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

let home: TestRedis;
let skywire: TestRedis;
let pipeline: Pipeline;
let proxy: TcpProxy | undefined;
let said: { from: string; stream: string }[];
beforeEach(async () => {
  [home, skywire] = await Promise.all([startRedis(), startRedis()]);
  said = [];
});
afterEach(async () => {
  await pipeline.stop();
  await proxy?.stop();
  proxy = undefined;
  await home.stop();
  await skywire.stop();
});

async function open(isTwoServers: boolean, homeUrl = home.url): Promise<void> {
  const elsewhere: Record<string, string> = isTwoServers ? { SKYWIRE_REDIS_URL: skywire.url } : {};
  pipeline = await openPipeline(home, { REDIS_URL: homeUrl, ...elsewhere });
  const { events } = pipeline.context;
  const { cursorLost } = events;
  events.cursorLost = (from, stream) => {
    said.push({ from, stream });
    cursorLost(from, stream);
  };
  source = (isTwoServers ? skywire : home).client();
}
let source: ReturnType<TestRedis['client']>;

async function append(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) await source.xadd(STREAM, '*', 'data', wire(makeMatch('cats', n)));
}
const settled = () => quiet({ home: home.client(), skywire: source, streams: [STREAM] }, 25_000);
const items = async () => (await pipeline.inbox('cats')).length;

function start(): () => Promise<unknown> {
  const running = [pipeline.startPump(), pipeline.startWorker()];
  return () => Promise.all(running.map((part) => part.stop()));
}

async function overview() {
  const client = home.client();
  const readings = createReadings({
    home: client,
    skywire: source,
    isTwoServers: true,
    queues: pipeline.queues,
    streams: [STREAM],
    group: GROUP,
    windowMs: 86_400_000,
    readParked: () => Promise.resolve({}),
  });
  return healthOf(await createFigures(client, pipeline.queues, readings)());
}

async function expectSaidOnce(): Promise<void> {
  expect(said).toEqual([{ from: expect.any(String), stream: STREAM }]);
  expect(await pipeline.context.metrics.registry.metrics()).toContain(
    `skywire_inbox_cursor_lost{stream="${STREAM}"} 1`,
  );
  expect((await overview())[0]).toMatchObject({
    level: 'bad',
    what: expect.stringContaining(`had forgotten how far ${STREAM} was read`) as string,
  });
}

test('two servers, the one of queues and inboxes emptied while the pump is away: all is read again', async () => {
  await open(true);
  const stop = start();
  await append(0, 200);
  await settled();
  expect(await items()).toBe(200);
  await stop();
  await home.client().flushall();
  start();
  await append(200, 210);
  await vi.waitFor(async () => expect(await items()).toBe(210), 20_000);
  await expectSaidOnce();
});

test('two servers, the one of queues and inboxes emptied under a running pump', async () => {
  await open(true);
  start();
  await append(0, 200);
  await settled();
  await home.client().flushall();
  await vi.waitFor(async () => expect(await items()).toBe(200), 20_000);
  await expectSaidOnce();
});

test('one server, our own keys deleted and the stream kept', async () => {
  await open(false);
  const stop = start();
  await append(0, 200);
  await settled();
  await stop();
  const client = home.client();
  for (const pattern of ['skywire-inbox:*', 'inbox:*']) {
    const keys = await client.keys(pattern);
    await client.del(...keys);
  }
  start();
  await vi.waitFor(async () => expect(await items()).toBe(200), 20_000);
  await expectSaidOnce();
});

test('an old copy restored on the side of the queues: what came after it is read again', async () => {
  await open(true);
  const stop = start();
  await append(0, 50);
  await settled();
  await stop();
  // The copy is older than anything a restart loses.
  const client = home.client();
  const hourAgo = `${Date.now() - 3_600_000}-0`;
  await client.set(cursorKey(STREAM, GROUP), hourAgo);
  await client.set(cursorServersKey(STREAM, GROUP), 'another');
  await client.del('inbox:{cats}', 'inbox:{cats}:seen', 'inbox:{cats}:state');
  await client.del(...(await client.keys('skywire-inbox:{matches}*')));
  start();
  await vi.waitFor(async () => expect(await items()).toBe(50), 20_000);
  await expectSaidOnce();
});

test('an INFO without run ids: absence is seen, and a restart', async () => {
  proxy = await startProxy(home.port, (reply) =>
    reply.includes('run_id:')
      ? Buffer.from(reply.toString('latin1').replaceAll('run_id:', 'not_id:'), 'latin1')
      : reply,
  );
  await open(true, proxy.url);
  const stop = start();
  await append(0, 100);
  await settled();
  await stop();
  await home.client().flushall();
  start();
  await vi.waitFor(async () => expect(await items()).toBe(100), 20_000);
  await expectSaidOnce();
  expect(await home.client().exists(cursorServersKey(STREAM, GROUP))).toBe(0);
  const { from } = said[0]!;
  const cursor = () => home.client().get(cursorKey(STREAM, GROUP));
  await vi.waitFor(async () => expect(await cursor()).not.toBe(from), 20_000);
  const readAgain = vi.spyOn(pipeline.context.events, 'readAgain');
  proxy.cut();
  await vi.waitFor(() => expect(readAgain).toHaveBeenCalledTimes(1), 20_000);
});

test.each([true, false])(
  'a first start is none, with a backlog or without; two servers: %s',
  async (isTwoServers) => {
    await open(isTwoServers);
    await append(0, 20);
    const stop = start();
    await settled();
    await stop();
    start();
    await append(20, 30);
    await vi.waitFor(async () => expect(await items()).toBe(30), 20_000);
    expect(said).toEqual([]);
    expect(await overview()).toMatchObject([{ level: 'good' }]);
  },
);

test('with two servers the cursor is on the disk before anything is read', async () => {
  await open(true);
  await append(0, 20);
  start();
  const cursor = () => home.client().get(cursorKey(STREAM, GROUP));
  await vi.waitFor(async () => expect(await cursor()).toBe('0-0'), { timeout: 5_000, interval: 20 });
  const savedAt = performance.now();
  const read = async () => (await source.xinfo('GROUPS', STREAM)) as unknown[][];
  await vi.waitFor(async () => expect((await read())[0]).not.toContain('0-0'), {
    timeout: 15_000,
    interval: 20,
  });
  expect(performance.now() - savedAt).toBeGreaterThan(1_500);
});
