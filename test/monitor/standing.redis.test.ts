/** One queue stands still while the others move: it is named, whichever it is, and none is that was held back by hand. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JobQueue } from '../../src/lanes/job-queue.ts';
import { createCanaryAge } from '../../src/monitor/canary-age.ts';
import { standingCheck, watchStanding } from '../../src/monitor/standing.ts';
import { startWorkers, type Workers } from '../../src/workers/workers.ts';
import { World } from '../fixtures/in-memory-ports.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const STILL_MS = 1_000;
let redis: TestRedis;
let pipeline: Pipeline;
let watch: ReturnType<typeof watchStanding>;
const workers: Workers[] = [];
let traffic: NodeJS.Timeout;
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { SKYWIRE_STREAM: 'one,two' });
  watch = watchStanding(redis.client(), pipeline.queues, { lookEveryMs: 50, standsStillMs: STILL_MS });
});
afterEach(async () => {
  watch.stop();
  clearInterval(traffic);
  await Promise.all(workers.splice(0).map((one) => one.stop(1_000)));
  await pipeline.stop();
  await redis.stop();
});

let sent = 0;
const newEntry = () => ({ id: `7-${(sent += 1)}`, data: wire(makeMatch('ann', sent)) });
const batch = (stream: string) => pipeline.queues.laneOf(stream).add([{ stream, entries: [newEntry()] }]);
function workOn(queue: JobQueue): void {
  const client = redis.client({ maxRetriesPerRequest: null });
  workers.push(
    startWorkers({
      client,
      ports: new World().ports,
      events: pipeline.context.events,
      concurrency: 2,
      deliveryBackoff: { baseMs: 1, maxMs: 1 },
      queues: { all: [queue] },
    }),
  );
}
/** The queue `matches` moves, as canaries make it move. */
function oneMoves(): void {
  workOn(pipeline.queues.laneOf('one'));
  traffic = setInterval(() => void batch('one').catch(() => undefined), 100);
}
const check = () => standingCheck(watch.of, pipeline.queues, STILL_MS);
const named = (queue: string) =>
  vi.waitFor(
    () => expect(check()).toMatch(new RegExp(`^queue ${queue} stands still: .*others move$`)),
    8_000,
  );
const notNamed = () => vi.waitFor(() => expect(check()).toBe(true), 8_000);

const fill: Record<string, () => Promise<unknown>> = {
  'matches-2': () => batch('two'),
  fanout: () =>
    pipeline.queues.fanout.add([
      { v: 1, stream: 'one', entry: newEntry(), page: { first: 'a', last: 'b' }, run: 'r' },
    ]),
  parked: () =>
    pipeline.queues.parked.add([
      { v: 1, stream: 'one', entry: newEntry(), reason: 'unrouted', detail: 'nobody registered' },
    ]),
};

test.each(Object.keys(fill))(
  '%s: nobody works on it',
  async (name) => {
    oneMoves();
    await fill[name]!();
    await named(name);
    expect(watch.of('matches')).toEqual({
      ms: expect.toSatisfy((ms: number) => ms < STILL_MS),
      othersMove: false,
    });
    workOn(pipeline.queues.find(name)!);
    await notNamed();
  },
  30_000,
);

test('a pause or a limit that a person set is no standstill', async () => {
  oneMoves();
  await batch('two');
  await named('matches-2');
  const { queue } = pipeline.queues.laneOf('two');
  await queue.pause();
  await notNamed();
  await queue.resume();
  await named('matches-2');
  await queue.setGlobalRateLimit(1, 3_600_000);
  await notNamed();
}, 40_000);

test('where no queue moves none is singled out; the time is known all the same', async () => {
  await batch('two');
  await vi.waitFor(() => expect(watch.of('matches-2')!.ms).toBeGreaterThan(STILL_MS), 8_000);
  expect(watch.of('matches-2')!.othersMove).toBe(false);
  expect(check()).toBe(true);
});

test('a queue at work is not named, however long its backlog', async () => {
  for (let n = 0; n < 100; n += 1) await batch('two');
  oneMoves();
  workOn(pipeline.queues.laneOf('two'));
  traffic.unref();
  const until = performance.now() + 2 * STILL_MS;
  while (performance.now() < until) {
    await batch('two');
    expect(check()).toBe(true);
  }
});

test('the canary whose stream is late most counts, not the liveliest', async () => {
  const client = redis.client();
  const add = (stream: string, ms: number) =>
    client.xadd(
      'inbox:{skywire-inbox:canary}',
      `${ms}-*`,
      'post',
      `{"uri":"at://skywire-inbox/canary/${ms}-${encodeURIComponent(stream)}"}`,
    );
  expect(await createCanaryAge(client, ['one', 's:{2}'])()).toBeUndefined();
  // Its first look is the one below: of what arrived before, the ids tell the age.
  const age = createCanaryAge(client, ['one', 's:{2}']);
  const now = Date.now();
  await add('s:{2}', now - 200_000);
  for (let n = 0; n < 400; n += 1) await add('one', now - 199_000 + n);
  await add('one', now - 1_000);
  const late = await age();
  expect(late!.stream).toBe('s:{2}');
  expect(late!.ms).toBeGreaterThan(199_000);
  await add('s:{2}', now);
  expect((await age())!.ms).toBeLessThan(100_000);
});
