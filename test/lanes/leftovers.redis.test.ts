/** A list of partitions that became shorter, or changed its order: no job stays behind in a queue where nobody looks. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { directRouter } from '../../src/subscriptions/directory.ts';
import { audit } from '../../src/tools/audit.ts';
import { GROUP, openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
const opened: Pipeline[] = [];
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  for (const pipeline of opened.splice(0)) await pipeline.stop();
  await redis.stop();
});

async function open(streams: string, env: Record<string, string> = {}): Promise<Pipeline> {
  const pipeline = await openPipeline(redis, { SKYWIRE_STREAM: streams, BATCH_SIZE: '5', ...env });
  opened.push(pipeline);
  return pipeline;
}

/** 50 matches in each stream, all acknowledged and none delivered; for the subscription named like the stream. */
async function pumpOnly(...streams: string[]): Promise<void> {
  const client = redis.client();
  for (const stream of streams)
    for (let n = 0; n < 50; n += 1) await client.xadd(stream, '*', 'data', wire(makeMatch(stream, n)));
  const pipeline = await open(streams.join(','));
  const pump = pipeline.startPump();
  await vi.waitFor(async () => {
    const pending = await Promise.all(streams.map((stream) => client.xpending(stream, GROUP)));
    expect(pending.map(([count]) => count)).toEqual(streams.map(() => 0));
    expect((await pipeline.queues.balance()).read).toBe(50 * streams.length);
  }, 15_000);
  await pump.stop();
}

const counts = (pipeline: Pipeline, names: string[]) =>
  Promise.all(names.map(async (name) => (await pipeline.inbox(name)).length));

test.each([
  ['the last is taken out', 'one,two,three', 'one,two'],
  ['the first is taken out', 'one,two,three', 'two,three'],
  ['all but one are taken out', 'one,two,three', 'three'],
  ['the order changes', 'one,two', 'two,one'],
])('%s: all that was acknowledged is delivered, once', async (_, before, after) => {
  const streams = before.split(',');
  await pumpOnly(...streams);
  const pipeline = await open(after);
  pipeline.startPump();
  pipeline.startWorker();
  await vi.waitFor(
    async () => expect(await counts(pipeline, streams)).toEqual(streams.map(() => 50)),
    20_000,
  );
  await vi.waitFor(async () => {
    await pipeline.queues.lookForLeftovers();
    const { read, settled, inFlight, drift } = await pipeline.queues.balance();
    const all = 50 * streams.length;
    expect({ read, delivered: settled.delivered, inFlight, drift }).toEqual({
      read: all,
      delivered: all,
      inFlight: 0,
      drift: 0,
    });
  }, 10_000);
});

test('a worker with a shorter list than the pump works on all that the pump fills', async () => {
  const client = redis.client();
  (await open('one')).startWorker();
  const pipeline = await open('one,two');
  pipeline.startPump();
  for (const stream of ['one', 'two'])
    for (let n = 0; n < 50; n += 1) await client.xadd(stream, '*', 'data', wire(makeMatch(stream, n)));
  await vi.waitFor(async () => expect(await counts(pipeline, ['one', 'two'])).toEqual([50, 50]), 20_000);
});

test.each(['one,two', 'two,one', 'two'])(
  'SKYWIRE_STREAM=%s: an audit finds what is in flight',
  async (after) => {
    await pumpOnly('one', 'two');
    const { queues } = await open(after);
    await queues.lookForLeftovers();
    const client = redis.client();
    const found = await audit({
      home: client,
      skywire: client,
      queues,
      router: directRouter,
      directory: undefined,
      stream: 'two',
      group: GROUP,
      from: '0',
      to: '+',
      onProgress: () => {},
    });
    expect(found.counts).toMatchObject({ in_flight: 50, missing: 0 });
  },
);

test('an entry of another stream with the same id is not in flight', async () => {
  const { queues } = await open('one,two');
  const entries = [{ id: '7-1', data: wire(makeMatch('ann', 1)) }];
  await queues.laneOf('one').add([{ stream: 'one', entries }]);
  expect(await queues.laneOf('one').held('one')).toEqual(['7-1']);
  expect(await queues.laneOf('one').held('two')).toEqual([]);
});

test('a lane that was removed in between hides none behind it, and looking creates none', async () => {
  const { queues } = await open(Array.from({ length: 14 }, (_, n) => `s${n}`).join(','));
  const entries = [{ id: '7-1', data: wire(makeMatch('ann', 1)) }];
  await queues.laneOf('s13').add([{ stream: 's13', entries }]);
  for (const lane of queues.lanes.slice(2, 13)) await lane.queue.obliterate({ force: true });
  const later = await open('s0');
  expect((await later.queues.lookForLeftovers()).map(({ name }) => name)).toEqual(['matches-14']);
  expect(await later.queues.lookForLeftovers()).toEqual([]);
  expect(await redis.client().keys('*matches-15*')).toEqual([]);
});
