/** A group retried at a bounded rate, by the real workers over a real Redis. */
import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { groupsOf } from '../../../src/parked/index/groups.ts';
import { createParkedIndex, type ParkedIndex } from '../../../src/parked/index/parked-index.ts';
import { createOperatorLog, type OperatorLog } from '../../../src/parked/operator-log.ts';
import { type RetryRuns, startRetryRuns } from '../../../src/parked/retry/runs.ts';
import { createRunStore, type StoredRun } from '../../../src/parked/retry/store.ts';
import { within } from '../../../src/redis/deadline.ts';
import { openPipeline, type Pipeline } from '../../fixtures/pipeline.ts';
import { makeMatch, wire } from '../../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';

const actor = { name: 'admin', address: '127.0.0.1' };

let redis: TestRedis;
let pipeline: Pipeline;
let operatorLog: OperatorLog;
const started: RetryRuns[] = [];
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { ROUTING: 'directory', DELIVERY_ATTEMPTS: '1' });
  operatorLog = createOperatorLog(redis.client());
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((runs) => runs.stop()));
  await pipeline.stop();
  await redis.stop();
});

/** `until`: so long the index takes to be read. */
function openRuns(until?: Promise<unknown>): { runs: RetryRuns; index: ParkedIndex } {
  const client = redis.client();
  const { queues } = pipeline;
  const read = createParkedIndex(client, queues);
  const refresh = async () => {
    await until;
    await read.refresh();
  };
  const index = { ...read, refresh };
  const store = createRunStore(client);
  const runs = startRetryRuns({ client, queues, index, store, operatorLog, log: pino({ level: 'silent' }) });
  started.push(runs);
  return { runs, index };
}

/** Parks them, each for its subscription, through the whole pipeline. */
async function park(counts: Record<string, number>): Promise<void> {
  pipeline.startPump();
  pipeline.startWorker();
  const payloads = Object.entries(counts).flatMap(([subscription, count]) =>
    Array.from({ length: count }, (_, at) => wire(makeMatch(subscription, at))),
  );
  await pipeline.append(payloads);
  await vi.waitFor(
    async () => expect(await pipeline.queues.parked.queue.getFailedCount()).toBe(payloads.length),
    { timeout: 20_000, interval: 100 },
  );
}

async function ended(runs: RetryRuns): Promise<StoredRun> {
  await vi.waitFor(async () => expect((await runs.latest())!.phase).not.toBe('running'), {
    timeout: 25_000,
    interval: 50,
  });
  return (await runs.latest())!;
}

test('a group is delivered whole: one first, then ten, then a hundred a second; the log tells who and how many', async () => {
  await park({ cats: 100 });
  const { runs, index } = openRuns();
  const [group] = groupsOf(await index.jobs());
  expect(group).toMatchObject({ reason: 'unrouted', failed: 100 });
  await pipeline.directory.register('cats', 'ann');
  expect(await runs.start(actor, { group: group!.id }, 'unrouted')).toBe('started');
  expect(await runs.start(actor, { group: group!.id }, 'unrouted')).toBe('one is going');
  const rates = new Set<number>();
  const watch = setInterval(() => void runs.latest().then((latest) => rates.add(latest!.run.rate)), 30);
  const { phase, run } = await ended(runs);
  clearInterval(watch);
  expect(run).toMatchObject({ total: 100, retried: 100, delivered: 100, relapsed: 0, inFlight: 0 });
  expect(phase).toBe('done');
  expect([...rates].filter((rate) => rate > 0)).toEqual([1, 10, 100]);
  // Thirty-one at ten a second or less.
  expect(Date.parse(run.endedAt!) - Date.parse(run.startedAt)).toBeGreaterThan(2_500);
  expect(await pipeline.inbox('ann')).toHaveLength(100);
  expect(groupsOf(await index.jobs())).toEqual([]);
  const [end, start] = await operatorLog.latest(2);
  expect(start).toMatchObject({ who: 'admin', action: 'retry group', what: { total: 100 } });
  expect(end).toMatchObject({ who: 'skywire-inbox, for admin', action: 'retry group: done' });
  expect(end!.what).toMatchObject({ delivered: 100, relapsed: 0 });
});

test('a run starts at once, however long the index takes, and counts then; a stop meanwhile is heeded', async () => {
  await park({ cats: 3 });
  await pipeline.directory.register('cats', 'ann');
  const index = new EventEmitter();
  const { runs } = openRuns(once(index, 'read'));
  // The deadline of the answer over HTTP.
  expect(await within(5_000, runs.start(actor, { subscription: 'cats' }, 'cats'))).toBe('started');
  expect(await runs.latest()).toMatchObject({ phase: 'running', run: { total: 0, retried: 0 } });
  expect(await runs.askToStop(actor)).toBe(true);
  index.emit('read');
  expect(await ended(runs)).toMatchObject({ phase: 'stopped', run: { total: 3, retried: 0 } });
  expect(await runs.start(actor, { subscription: 'dogs' }, 'dogs')).toBe('nothing fits');

  const second = openRuns(once(index, 'read'));
  expect(await second.runs.start(actor, { subscription: 'cats' }, 'cats')).toBe('started');
  index.emit('read');
  expect(await ended(runs)).toMatchObject({ phase: 'done', run: { total: 3, delivered: 3 } });
});

test('the first relapse stops it, what is left stays grouped, and it goes on without those', async () => {
  await park({ dogs: 3, cats: 30 });
  const { runs, index } = openRuns();
  await pipeline.directory.register('cats', 'ann');
  const [group] = groupsOf(await index.jobs());
  expect(group!.subscriptions).toEqual([
    { name: 'cats', jobs: 30 },
    { name: 'dogs', jobs: 3 },
  ]);
  await runs.start(actor, { group: group!.id }, 'unrouted');
  const first = await ended(runs);
  expect(first).toMatchObject({ phase: 'stopped', run: { why: 'stopped at the first that failed again' } });
  expect(first.run.relapse).toMatchObject({ queue: 'parked', subscription: 'dogs' });
  expect(first.run.relapse!.reason).toContain('nobody is registered for subscription "dogs"');
  expect(first.run.relapsed).toBeGreaterThan(0);
  expect(first.run.retried).toBeLessThan(30);
  await index.refresh();
  const [left] = groupsOf(await index.jobs());
  expect(left).toMatchObject({ id: group!.id, failed: 33 - first.run.delivered });
  await runs.start(actor, { group: group!.id, not_subscription: 'dogs' }, 'unrouted without dogs');
  expect(await ended(runs)).toMatchObject({ phase: 'done', run: { relapsed: 0 } });
  await index.refresh();
  expect(groupsOf(await index.jobs())).toMatchObject([{ id: group!.id, failed: 3 }]);
  expect(await pipeline.inbox('ann')).toHaveLength(30);
});

test('another process goes on where one ended, slowly again; a person can stop it', async () => {
  await park({ cats: 80 });
  await pipeline.directory.register('cats', 'ann');
  const first = openRuns();
  const [group] = groupsOf(await first.index.jobs());
  await first.runs.start(actor, { group: group!.id }, 'unrouted');
  await vi.waitFor(async () => expect((await first.runs.latest())!.run.delivered).toBeGreaterThan(4), {
    timeout: 15_000,
    interval: 20,
  });
  await first.runs.stop();
  const second = openRuns();
  await vi.waitFor(async () => expect((await second.runs.latest())!.run.takenOver).toBe(1), 15_000);
  expect(await second.runs.askToStop({ name: 'bob', address: '' })).toBe(true);
  const { phase, run } = await ended(second.runs);
  expect(phase).toBe('stopped');
  expect(run.why).toBe('stopped by bob');
  expect(run.retried).toBe(run.delivered);
  expect(await pipeline.queues.parked.queue.getFailedCount()).toBe(80 - run.delivered);
  await second.runs.start(actor, { group: group!.id }, 'unrouted');
  expect((await ended(second.runs)).phase).toBe('done');
  expect(await pipeline.inbox('ann')).toHaveLength(80);
  expect(await second.runs.askToStop(actor)).toBe(false);
});
