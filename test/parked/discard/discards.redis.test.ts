/** A group that a person discards: exactly what was exported, whatever happens meanwhile. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createByHand } from '../../../src/parked/by-hand.ts';
import { startDiscards } from '../../../src/parked/discard/discards.ts';
import { createExports } from '../../../src/parked/discard/exported.ts';
import { removeFailed } from '../../../src/parked/discard/remove-failed.ts';
import { createDiscardStore } from '../../../src/parked/discard/store.ts';
import { createParkedIndex } from '../../../src/parked/index/parked-index.ts';
import { createOperatorLog } from '../../../src/parked/operator-log.ts';
import { retryFailed } from '../../../src/parked/retry/retry-job.ts';
import { startRetryRuns } from '../../../src/parked/retry/runs.ts';
import { createRunStore } from '../../../src/parked/retry/store.ts';
import { createDirectoryRouter } from '../../../src/subscriptions/directory.ts';
import { audit } from '../../../src/tools/audit.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../../fixtures/pipeline.ts';
import { makeMatch, wire } from '../../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';

const actor = { name: 'admin', address: '127.0.0.1' };
const log = pino({ level: 'silent' });
const HOUR_MS = 3_600_000;

let redis: TestRedis;
let pipeline: Pipeline;
const started: { stop(): Promise<void> }[] = [];
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { ROUTING: 'directory', DELIVERY_ATTEMPTS: '1' });
  pipeline.startPump();
  pipeline.startWorker();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
  await pipeline.stop();
  await redis.stop();
});

function open() {
  const client = redis.client();
  const { queues } = pipeline;
  const deps = { client, queues, index: createParkedIndex(client, queues), log };
  const operatorLog = createOperatorLog(client);
  const discardDeps = {
    ...deps,
    operatorLog,
    store: createDiscardStore(client),
    exported: createExports(client),
    byHand: createByHand(client, HOUR_MS),
  };
  return {
    ...discardDeps,
    startDiscards() {
      const discards = startDiscards(discardDeps);
      started.push(discards);
      return discards;
    },
    startRuns() {
      const runs = startRetryRuns({ ...deps, operatorLog, store: createRunStore(client) });
      started.push(runs);
      return runs;
    },
  };
}
type Opened = ReturnType<typeof open>;

const failed = () => pipeline.queues.parked.queue.getFailedCount();
async function park(subscription: string, count: number, from = 0): Promise<void> {
  const before = await failed();
  await pipeline.append(Array.from({ length: count }, (_, n) => wire(makeMatch(subscription, from + n))));
  await vi.waitFor(async () => expect(await failed()).toBe(before + count), {
    timeout: 20_000,
    interval: 50,
  });
}

/** As the page's download does. */
async function exportAll({ index, exported }: Opened, subscription: string) {
  await index.refresh();
  const jobs = [...(await index.jobs())].filter((job) => job.subscription === subscription);
  const id = randomUUID();
  const recording = await exported.record(id, { filter: { subscription }, what: subscription });
  const rows = await Promise.all(
    jobs.map(async (job) => {
      const key = pipeline.queues.parked.queue.toKey(job.id);
      return { job, data: (await redis.client().hget(key, 'data'))! };
    }),
  );
  await recording.sent(rows);
  return { id, jobs, complete: () => recording.complete() };
}

async function counts() {
  const client = redis.client();
  const router = createDirectoryRouter(client);
  const { queues, directory } = pipeline;
  const about = { home: client, skywire: client, queues, router, directory, stream: STREAM, group: GROUP };
  return (await audit({ ...about, from: '0', to: '+', onProgress: () => {} })).counts;
}

test('discarded is what the export holds; what failed later, was retried or edited since, stays', async () => {
  await park('cats', 12);
  await park('dogs', 3);
  const opened = open();
  const { id, jobs, complete } = await exportAll(opened, 'cats');
  const discards = opened.startDiscards();
  expect(await discards.start(actor, id, 12)).toBe('not exported');
  await complete();
  expect(await discards.start(actor, id, 11)).toBe('another number');
  await park('cats', 2, 100);
  await retryFailed(pipeline.queues, 'parked', jobs[0]!.id);
  await vi.waitFor(async () => {
    const job = await pipeline.queues.parked.queue.getJob(jobs[0]!.id);
    expect(job!.attemptsMade).toBe(2);
    expect(await job!.isFailed()).toBe(true);
  }, 10_000);

  const other = (await pipeline.queues.parked.queue.getJob(jobs[1]!.id))!;
  await other.updateData({ ...other.data, detail: 'edited on the dashboard' });

  expect(await discards.start(actor, id, 12)).toBe('started');
  await vi.waitFor(async () => expect((await discards.latest())!.phase).toBe('done'), 10_000);
  expect((await discards.latest())!.run).toMatchObject({
    total: 12,
    done: 12,
    discarded: 10,
    changed: 2,
    gone: 0,
  });
  expect(await failed()).toBe(3 + 2 + 2);
  expect(await counts()).toMatchObject({ discarded: 10, parked: 7, missing: 0 });
  expect(await redis.client().keys('skywire-inbox:{retry-run}:*')).toEqual([
    'skywire-inbox:{retry-run}:discard',
  ]);
  expect(await discards.start(actor, id, 12)).toBe('not exported');
  const [end, start] = await opened.operatorLog.latest(2);
  expect(start).toMatchObject({ who: 'admin', action: 'discard group', what: { total: 12, export: id } });
  expect(end).toMatchObject({ action: 'discard group: done', what: { discarded: 10, changed: 2 } });
});

test('who takes over repeats the step that was cut off: all is recorded as discarded', async () => {
  await park('cats', 10);
  const opened = open();
  const { id, complete } = await exportAll(opened, 'cats');
  await complete();
  // A process that dies between removal and record, holding the lease.
  const { client, queues, store } = opened;
  const dying = opened.startDiscards();
  await dying.stop();
  expect(await dying.start(actor, id, 10)).toBe('started');
  await store.lead('dead');
  await removeFailed(client, queues.parked.queue, await store.jobs(0, 4));
  expect(await counts()).toMatchObject({ discarded: 0, parked: 6, missing: 4 });
  await store.resign('dead');
  const next = open().startDiscards();
  await vi.waitFor(async () => expect((await next.latest())!.phase).toBe('done'), 10_000);
  expect((await next.latest())!.run).toMatchObject({ done: 10, discarded: 6, gone: 4 });
  expect(await counts()).toMatchObject({ discarded: 10, parked: 0, missing: 0 });
});

test('a retry run and a discard never go on together, and a person can stop a discard', async () => {
  await park('cats', 5);
  const opened = open();
  const first = await exportAll(opened, 'cats');
  await first.complete();
  const idle = opened.startDiscards();
  await idle.stop();
  expect(await idle.start(actor, first.id, 5)).toBe('started');
  const runs = opened.startRuns();
  expect(await runs.start(actor, { subscription: 'cats' }, 'cats')).toBe('one is going');
  expect(await idle.askToStop(actor)).toBe(true);
  const going = open().startDiscards();
  await vi.waitFor(async () => expect((await going.latest())!.phase).toBe('stopped'), 10_000);
  expect(await failed()).toBe(5);
  expect(await going.askToStop(actor)).toBe(false);

  await runs.stop();
  expect(await runs.start(actor, { subscription: 'cats' }, 'cats')).toBe('started');
  const second = await exportAll(opened, 'cats');
  await second.complete();
  expect(await going.start(actor, second.id, 5)).toBe('one is going');
});
