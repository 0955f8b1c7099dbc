/** A Redis of queues and inboxes that refuses values of more than 1 MB: such an entry is set aside, named, and the rest goes on. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { retryFailed } from '../../src/parked/retry/retry-job.ts';
import { directRouter } from '../../src/subscriptions/directory.ts';
import { audit } from '../../src/tools/audit.ts';
import { replay } from '../../src/tools/replay.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isFull } from '../fixtures/full-size.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let skywire: TestRedis;
let home: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  [skywire, home] = await Promise.all([startRedis(), startRedis('--proto-max-bulk-len', '1mb')]);
});
afterEach(async () => {
  await pipeline.stop();
  await Promise.all([skywire.stop(), home.stop()]);
});

const small = (n: number) => wire(makeMatch('s', n));
const large = (text: string) => wire(makeMatch('s', 5_000_000 + text.length, { post: { text } }));
const liftLimit = () => home.client().config('SET', 'proto-max-bulk-len', '512mb');

async function start(env: Record<string, string> = {}): Promise<void> {
  pipeline = await openPipeline(home, { SKYWIRE_REDIS_URL: skywire.url, ...env });
  pipeline.startPump();
  pipeline.startWorker();
}

async function append(payloads: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const payload of payloads) ids.push((await skywire.client().xadd(STREAM, '*', 'data', payload))!);
  return ids;
}

const inboxHas = (count: number, name = 's') =>
  eventually(
    async () => {
      const { length } = await pipeline.inbox(name);
      if (length !== count) throw new Error(`${length} of ${count} are in the inbox`);
    },
    { withinMs: 100_000, everyMs: 200 },
  );

const failedJobs = () =>
  eventually(
    async () => {
      const jobs = await pipeline.queues.parked.queue.getFailed();
      if (!jobs.length) throw new Error('nothing is parked');
      return jobs;
    },
    { withinMs: 30_000 },
  );

const auditAll = () =>
  audit({
    home: home.client(),
    skywire: skywire.client(),
    queues: pipeline.queues,
    router: directRouter,
    directory: undefined,
    stream: STREAM,
    group: GROUP,
    from: '0',
    to: '+',
    onProgress: () => {},
  });

test('an entry that Redis refuses is parked by reference, and delivered once Redis takes it', async () => {
  const before = await append(Array.from({ length: 300 }, (_, n) => small(n)));
  const refused = large('x'.repeat(1_200_000));
  const [id] = await append([refused]);
  await append(Array.from({ length: 700 }, (_, n) => small(1_000 + n)));
  await start();
  await inboxHas(1_000);
  const jobs = await failedJobs();
  expect(jobs).toHaveLength(1);
  const [job] = jobs;
  expect(job).toMatchObject({
    name: 'rejected',
    data: { v: 2, stream: STREAM, entry: { id, bytes: Buffer.byteLength(refused) } },
  });
  expect(job!.failedReason).toMatch(/^rejected: Redis refuses its \d+ bytes/);
  expect(await pipeline.queues.kept(STREAM)).toEqual([id]);
  expect((await auditAll()).counts).toMatchObject({ in_inbox: 1_000, parked: 1, missing: 0 });
  expect(await pipeline.queues.lanes[0]!.queue.getJobCounts('delayed', 'failed', 'waiting')).toEqual({
    delayed: 0,
    failed: 0,
    waiting: 0,
  });
  expect(await pipeline.queues.lanes[0]!.balance()).toMatchObject({ drift: 0, settled: { parked: 1 } });

  // While the limit stands, it fails again.
  expect(await retryFailed(pipeline.queues, 'parked', job!.id!)).toBe(true);
  await eventually(async () => expect((await failedJobs())[0]!.attemptsMade).toBe(2), { withinMs: 30_000 });
  // A replay of the window does not stop at it.
  const { queues } = pipeline;
  await replay({
    client: skywire.client(),
    queues,
    stream: STREAM,
    from: before.at(-1)!,
    to: '+',
    batchSize: 500,
    maxWaitingJobs: 40,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  await liftLimit();
  expect(await retryFailed(pipeline.queues, 'parked', job!.id!)).toBe(true);
  await inboxHas(1_001);
  await eventually(async () => expect(await pipeline.queues.kept(STREAM)).toEqual([]), { withinMs: 10_000 });
  expect((await auditAll()).counts).toMatchObject({ in_inbox: 1_001, parked: 0, missing: 0 });
}, 180_000);

test('a parked match that is too large as JSON is parked by reference', async () => {
  const ids = await append([small(1), large('"'.repeat(330_000)), small(2)]);
  await start({ ROUTING: 'directory', DELIVERY_BACKOFF_MS: '100', DELIVERY_ATTEMPTS: '2' });
  const jobs = await eventually(
    async () => {
      const found = await failedJobs();
      if (found.length < 3) throw new Error(`${found.length} of 3 are parked`);
      return found;
    },
    { withinMs: 60_000 },
  );
  const referring = jobs.filter(({ data }) => data.v === 2);
  expect(referring.map(({ name, data }) => [name, data.entry.id])).toEqual([['unrouted', ids[1]]]);
  await pipeline.directory.register('s', 'ann');
  for (const job of jobs) await retryFailed(pipeline.queues, 'parked', job.id!);
  await inboxHas(3, 'ann');
}, 120_000);

test.runIf(isFull)(
  'connections that break again and again set nothing aside',
  async () => {
    await start();
    await append([small(1)]);
    await inboxHas(1);
    await append(Array.from({ length: 40 }, (_, n) => large('x'.repeat(150_000 + n))));
    const client = home.client();
    for (let cut = 0; cut < 30; cut += 1) {
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await pause(100);
    }
    await inboxHas(41);
    expect(await pipeline.queues.parked.queue.getFailedCount()).toBe(0);
  },
  120_000,
);
