/** Drivers of one run of retries beside each other: only who holds the lease writes and sends. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createParkedIndex, type ParkedIndex } from '../../../src/parked/index/parked-index.ts';
import { createOperatorLog, type OperatorLog } from '../../../src/parked/operator-log.ts';
import { createRunDriver, type RunDriver } from '../../../src/parked/retry/driver.ts';
import { createRunStore } from '../../../src/parked/retry/store.ts';
import { retryRunKeys as keys } from '../../../src/redis/keys.ts';
import { isFull } from '../../fixtures/full-size.ts';
import { openPipeline, type Pipeline } from '../../fixtures/pipeline.ts';
import { makeMatch, wire } from '../../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';

const LEASE_MS = 6_000;

let redis: TestRedis;
let pipeline: Pipeline;
let operatorLog: OperatorLog;
let index: ParkedIndex;
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { ROUTING: 'directory', DELIVERY_ATTEMPTS: '1' });
  operatorLog = createOperatorLog(redis.client());
  index = createParkedIndex(redis.client(), pipeline.queues);
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const failed = () => pipeline.queues.parked.queue.getFailedCount();

/** Parks so many, and begins a run of all of them that nobody drives yet. */
async function startRun(count: number): Promise<void> {
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(Array.from({ length: count }, (_, at) => wire(makeMatch('cats', at))));
  await vi.waitFor(async () => expect(await failed()).toBe(count), { timeout: 20_000, interval: 50 });
  const counts = { total: count, retried: 0, delivered: 0, relapsed: 0, inFlight: 0, rate: 1, takenOver: 0 };
  const startedAt = new Date().toISOString();
  const who = {
    by: 'admin',
    from: '127.0.0.1',
    filter: {},
    what: 'all',
    startedAt,
    upTo: Date.now() + 1_000,
  };
  expect(await createRunStore(redis.client()).start({ id: 'run', ...who, ...counts })).toBe(true);
}

function openDriver(over: Partial<ParkedIndex> = {}): RunDriver {
  const client = redis.client();
  const store = createRunStore(client);
  const { queues } = pipeline;
  return createRunDriver({ client, queues, index: { ...index, ...over }, store, operatorLog });
}

/** A driver that halts in the nth refresh of its index, until it is released. */
function openHalting(nth: number) {
  const events = new EventEmitter();
  const halted = once(events, 'halted');
  const released = once(events, 'released');
  let refreshes = 0;
  const refresh = async () => {
    refreshes += 1;
    if (refreshes === nth) {
      events.emit('halted');
      await released;
    }
    await index.refresh();
  };
  return { driver: openDriver({ refresh }), halted, release: () => events.emit('released') };
}

/** Steps as the loop does, until there is nothing to drive. */
async function drive(driver: RunDriver): Promise<void> {
  while (await driver.step()) await pause(50);
}

const everything = async () => ({
  state: await redis.client().hgetall(keys.state),
  inFlight: await redis.client().hgetall(keys.inFlight),
  failed: await failed(),
  notes: (await operatorLog.latest(10)).map(({ action }) => action),
});
const runOf = (state: Record<string, string>) => JSON.parse(state.run!) as Record<string, unknown>;

test('a driver that lost its lease before it sent anything sends nothing, and the run stays stopped', async () => {
  await startRun(5);
  const old = openHalting(1);
  const step = old.driver.step();
  await old.halted;
  await redis.client().pexpire(keys.lease, 1);
  await vi.waitFor(async () => expect(await redis.client().exists(keys.lease)).toBe(0));
  await drive(openDriver());
  const before = await everything();
  expect(before.state.phase).toBe('stopped');
  expect(runOf(before.state)).toMatchObject({ retried: 1, relapsed: 1, delivered: 0, takenOver: 0 });
  // From now on whatever is sent is delivered.
  await pipeline.directory.register('cats', 'ann');
  old.release();
  const isDriving = await step;
  await pipeline.quiet();
  expect(await everything()).toEqual(before);
  expect(isDriving).toBe(false);
  expect(await old.driver.step()).toBe(false);
  expect(before.failed).toBe(5);
  expect(await pipeline.inbox('ann')).toEqual([]);
});

test('a driver that lost its lease after all was sent neither counts nor reports a second time', async () => {
  await startRun(3);
  await pipeline.directory.register('cats', 'ann');
  // The second time it looks for more, everything that it sent is delivered.
  const old = openHalting(2);
  const driving = drive(old.driver);
  await old.halted;
  await pipeline.quiet();
  await redis.client().pexpire(keys.lease, 1);
  await vi.waitFor(async () => expect(await redis.client().exists(keys.lease)).toBe(0));
  await drive(openDriver());
  const before = await everything();
  expect(before.state.phase).toBe('done');
  expect(runOf(before.state)).toMatchObject({
    retried: 3,
    delivered: 3,
    relapsed: 0,
    inFlight: 0,
    takenOver: 1,
  });
  old.release();
  await driving;
  expect(await everything()).toEqual(before);
  expect(before.inFlight).toEqual({});
  expect(before.notes).toEqual(['retry group: done', 'retry group: resumed after an interruption']);
});

test.runIf(isFull)(
  'a refresh of the index that takes longer than the lease keeps it; a process that died is followed',
  async () => {
    await startRun(1);
    await pipeline.directory.register('cats', 'ann');
    const slow = openHalting(1);
    const step = slow.driver.step();
    await slow.halted;
    const other = openDriver();
    const until = performance.now() + LEASE_MS + 1_500;
    while (performance.now() < until) {
      expect(await other.step()).toBe(false);
      await pause(200);
    }
    slow.release();
    expect(await step).toBe(true);
    // It steps no more, and gives nothing back.
    const goneOn = async () => {
      await other.step();
      expect((await everything()).state.phase).toBe('done');
    };
    await vi.waitFor(goneOn, { timeout: LEASE_MS + 2_000, interval: 200 });
    expect(runOf((await everything()).state)).toMatchObject({ retried: 1, delivered: 1, takenOver: 1 });
  },
);

test('it goes on with what a build of before had in flight, and with a run that this build had ended', async () => {
  await startRun(2);
  await index.refresh();
  const [first] = await index.jobs();
  const client = redis.client();
  await client.hset(keys.inFlight, `parked/${first!.id}`, `${first!.score} ${first!.attempts}`);
  await (await pipeline.queues.parked.queue.getJob(first!.id))!.retry('failed');
  const running = (await everything()).state;
  const driver = openDriver();
  await drive(driver);
  const { state, notes } = await everything();
  expect(state.phase).toBe('stopped');
  expect(runOf(state)).toMatchObject({
    retried: 1,
    relapsed: 1,
    relapse: { job: first!.id, subscription: '' },
  });
  expect(notes).toEqual(['retry group: stopped']);
  await client.hset(keys.state, running);
  await pipeline.directory.register('cats', 'ann');
  await drive(driver);
  expect((await everything()).state.phase).toBe('done');
});
