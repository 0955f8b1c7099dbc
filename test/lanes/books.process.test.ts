import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Balance } from '../../src/lanes/books.ts';
import { booksKeys } from '../../src/redis/keys.ts';
import { isFull } from '../fixtures/full-size.ts';
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

test('a batch that comes again after it ran is a duplicate, also once BullMQ has forgotten its job', async () => {
  pipeline = await openPipeline(redis);
  const lane = pipeline.queues.lanes[0]!;
  const batch = (id: string) => ({ stream: STREAM, entries: [{ id, data: wire(makeMatch('s', 1)) }] });
  pipeline.startWorker();
  await lane.add([batch('1-0')]);
  const settled = () =>
    vi.waitFor(async () => expect(await lane.queue.getJobCountByTypes('waiting', 'active')).toBe(0), 20_000);
  await settled();
  expect(await lane.add([batch('1-0')])).toEqual([true]);
  await lane.add(Array.from({ length: 60 }, (_, n) => batch(`2-${n}`)));
  await settled();
  expect(await lane.tidy(0)).toBe(0);
  const balance = await lane.balance();
  expect(balance).toMatchObject({ read: 62, inFlight: 0, drift: 0 });
  expect(settledIn(balance)).toEqual({ delivered: 1, duplicate: 61 });
});

test('a batch that comes again between its verdicts and its completion is a duplicate, not removed by hand', async () => {
  pipeline = await openPipeline(redis);
  const lane = pipeline.queues.lanes[0]!;
  const batch = { stream: STREAM, entries: [{ id: '1-0', data: wire(makeMatch('s', 1)) }] };
  await lane.add([batch]);
  const [job] = await lane.queue.getWaiting();
  await lane.settle(job!.id!, { delivered: 1 });
  await lane.add([batch]);
  await job!.remove();
  expect(await lane.tidy(0)).toBe(0);
  const balance = await lane.balance();
  expect(balance).toMatchObject({ read: 2, inFlight: 0, drift: 0 });
  expect(settledIn(balance)).toEqual({ delivered: 1, duplicate: 1 });
});

test.runIf(isFull)(
  'a batch whose pump died before it added the job, and whose entries came in other batches, is not removed by hand',
  async () => {
    pipeline = await openPipeline(redis);
    const env = { REDIS_URL: redis.url, LOG_LEVEL: 'warn' };
    await pipeline.append(Array.from({ length: 100 }, (_, n) => wire(makeMatch('ann', n))));
    const died = await startRole('pump', {
      ...env,
      BATCH_SIZE: '100',
      SKYWIRE_INBOX_CRASH_AT: 'pump.before-add:1',
    });
    expect(await died.ended).toBe('SIGKILL');
    const lane = pipeline.queues.laneOf(STREAM);
    expect(await lane.balance()).toMatchObject({ read: 100, inFlight: 100 });
    await startRole('pump', { ...env, BATCH_SIZE: '30' });
    pipeline.startWorker();
    await pipeline.quiet(60_000);
    expect(await lane.tidy(0)).toBe(0);
    const balance = await lane.balance();
    expect(balance).toMatchObject({ read: 100, inFlight: 0, drift: 0 });
    expect(settledIn(balance)).toEqual({ delivered: 100 });
  },
  90_000,
);

test('a batch that a worker of an older version settled in between raises no alarm', async () => {
  pipeline = await openPipeline(redis);
  const lane = pipeline.queues.lanes[0]!;
  const { books, open } = booksKeys('matches');
  const addBulk = lane.queue.addBulk.bind(lane.queue);
  const meanwhile = vi.spyOn(lane.queue, 'addBulk').mockImplementation(async (jobs) => {
    const added = await addBulk(jobs);
    await redis.client().hdel(open, added[0]!.id!);
    await redis.client().hincrby(books, 'delivered', 1);
    return added;
  });
  await lane.add([{ stream: STREAM, entries: [{ id: '1-0', data: wire(makeMatch('s', 1)) }] }]);
  meanwhile.mockRestore();
  await lane.queue.obliterate({ force: true });
  expect(await lane.tidy(0)).toBe(0);
  expect(await lane.balance()).toMatchObject({ read: 1, inFlight: 0, drift: 0 });
});

test('a pump that stood still until the books had given its batch up enters it again', async () => {
  pipeline = await openPipeline(redis);
  const lane = pipeline.queues.lanes[0]!;
  const addBulk = lane.queue.addBulk.bind(lane.queue);
  const standing = vi.spyOn(lane.queue, 'addBulk').mockImplementation(async (jobs) => {
    expect(await lane.tidy(0)).toBe(0);
    return addBulk(jobs);
  });
  await lane.add([{ stream: STREAM, entries: [{ id: '1-0', data: wire(makeMatch('s', 1)) }] }]);
  standing.mockRestore();
  expect(await lane.balance()).toMatchObject({ read: 1, inFlight: 1, drift: 0 });
});

test.runIf(isFull)(
  'killed pumps and workers leave no drift',
  async () => {
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
  },
  120_000,
);
