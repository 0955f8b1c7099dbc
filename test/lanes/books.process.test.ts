import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Balance } from '../../src/lanes/books.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, startRole } from '../fixtures/roles.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await endRoles();
  await pipeline.stop();
  await redis.stop();
});

const settledIn = ({ settled }: Balance) => Object.fromEntries(Object.entries(settled).filter(([, n]) => n));

test('every entry read is in the books once, by what became of it', async () => {
  pipeline = await openPipeline(redis, { ROUTING: 'directory', BATCH_SIZE: '7' });
  const lane = pipeline.queues.laneOf(STREAM);
  for (const subscription of ['cats', 'dogs']) await pipeline.directory.register(subscription, 'ann');
  await pipeline.directory.register('left', 'bob');
  await pipeline.directory.unregister('left', 'bob');
  const match = (subscription: string, n: number) => wire(makeMatch(subscription, n));
  const cats = Array.from({ length: 20 }, (_, n) => match('cats', n));
  await pipeline.append([...cats, match('cats', 3), match('dogs', 5), match('left', 1), 'no JSON']);
  const pump = pipeline.startPump();
  await vi.waitFor(async () => expect((await lane.balance()).inFlight).toBe(24), 10_000);
  expect(await lane.balance()).toMatchObject({ read: 24, drift: 0 });
  pipeline.startWorker();
  await pipeline.quiet();
  const done = await lane.balance();
  expect(done).toMatchObject({ read: 24, inFlight: 0, drift: 0 });
  expect(settledIn(done)).toEqual({ delivered: 20, duplicate: 1, merged: 1, dropped: 1, parked: 1 });
  await pump.stop();
});

test('a batch that was taken apart is counted once', async () => {
  pipeline = await openPipeline(redis);
  const entries = Array.from({ length: 5 }, (_, n) => ({ id: `${n + 1}-0`, data: wire(makeMatch('s', n)) }));
  const { queues } = pipeline;
  await queues.lanes[0]!.add([{ stream: STREAM, entries }]);
  const [job] = await queues.lanes[0]!.queue.getWaiting();
  await redis.client().hset(`skywire-inbox:{matches}:matches:${job!.id}`, 'stc', 2);
  pipeline.startWorker();
  await vi.waitFor(
    async () => expect((await queues.laneOf(STREAM).balance()).settled.delivered).toBe(5),
    10_000,
  );
  expect(await queues.laneOf(STREAM).balance()).toMatchObject({ read: 5, inFlight: 0, drift: 0 });
});

test('a job that a person removed is said to have vanished; one that ran before is a duplicate', async () => {
  pipeline = await openPipeline(redis);
  const { queues } = pipeline;
  const batch = (id: string) => ({ stream: STREAM, entries: [{ id, data: wire(makeMatch('s', 1)) }] });
  await queues.lanes[0]!.add([batch('1-0')]);
  await queues.lanes[0]!.queue.obliterate({ force: true });
  expect(await queues.laneOf(STREAM).tidy(0)).toBe(1);
  const worker = pipeline.startWorker();
  await queues.lanes[0]!.add([batch('2-0')]);
  await pipeline.append([]);
  await vi.waitFor(async () => expect((await queues.laneOf(STREAM).balance()).inFlight).toBe(0), 10_000);
  await worker.stop();
  await queues.lanes[0]!.add([batch('2-0')]);
  expect(await queues.laneOf(STREAM).tidy(0)).toBe(0);
  const balance = await queues.laneOf(STREAM).balance();
  expect(balance).toMatchObject({ read: 3, inFlight: 0, drift: 0 });
  expect(settledIn(balance)).toEqual({ delivered: 1, duplicate: 1, vanished: 1 });
});

test('killed pumps and workers leave no drift', async () => {
  pipeline = await openPipeline(redis);
  const env = { REDIS_URL: redis.url, BATCH_SIZE: '20', MAX_WAITING_JOBS: '20', LOG_LEVEL: 'warn' };
  await pipeline.append(Array.from({ length: 6_000 }, (_, n) => wire(makeMatch(`sub-${n % 9}`, n))));
  for (const point of ['pump.mid-add:5', 'pump.after-add:9']) {
    const pump = await startRole('pump', { ...env, SKYWIRE_INBOX_CRASH_AT: point });
    expect(await pump.ended).toBe('SIGKILL');
  }
  await startRole('pump', env);
  for (const point of ['worker.after-write:5', 'worker.before-complete:9']) {
    const worker = await startRole('worker', { ...env, SKYWIRE_INBOX_CRASH_AT: point });
    expect(await worker.ended).toBe('SIGKILL');
  }
  await startRole('worker', env);
  await pipeline.quiet(50_000);
  await pipeline.queues.laneOf(STREAM).tidy(0);
  const balance = await pipeline.queues.laneOf(STREAM).balance();
  expect(balance).toMatchObject({ inFlight: 0, drift: 0 });
  expect(balance.settled.delivered + balance.settled.duplicate).toBe(balance.read);
  expect(balance.read).toBeGreaterThanOrEqual(6_000);
}, 120_000);
