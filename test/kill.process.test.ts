import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isFull } from './fixtures/full-size.ts';
import { nothingWrong, Oracle } from './fixtures/oracle.ts';
import { openPipeline, type Pipeline } from './fixtures/pipeline.ts';
import { makeMatch, wire } from './fixtures/posts.ts';
import { startRedis, type TestRedis } from './fixtures/redis.ts';
import { endRoles, startRole } from './fixtures/roles.ts';

let redis: TestRedis;
let observer: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis);
});
afterEach(async () => {
  await endRoles();
  await observer.stop();
  await redis.stop();
});

const MATCHES = isFull ? 10_000 : 2_500;
const SUBSCRIPTIONS = 25;
const everything = Array.from({ length: MATCHES }, (_, n) =>
  makeMatch(`sub-${n % SUBSCRIPTIONS}`, n, { emptyRkey: true }),
);

/** Items delivered so far, all inboxes together. */
async function delivered(): Promise<number> {
  const client = redis.client();
  const lengths = await Promise.all(
    Array.from({ length: SUBSCRIPTIONS }, (_, n) => client.xlen(`inbox:{sub-${n}}`)),
  );
  client.disconnect();
  return lengths.reduce((sum, length) => sum + length, 0);
}

test('pump and worker killed in the middle of the work lose nothing and double nothing', async () => {
  const oracle = new Oracle();
  for (const match of everything) oracle.expect(match.subscription_id, match);
  // Small batches: there is a middle to be killed in.
  const env = { REDIS_URL: redis.url, BATCH_SIZE: '20', MAX_WAITING_JOBS: '20', LOG_LEVEL: 'warn' };
  const start = async (name: string) => (await startRole(name, env)).ready();
  let [pump, worker] = await Promise.all([start('pump'), start('worker')]);
  await observer.append(everything.map(wire));
  let kills = 0;
  for (const share of [0.1, 0.3, 0.5, 0.7]) {
    await vi.waitFor(async () => expect(await delivered()).toBeGreaterThan(MATCHES * share), {
      timeout: 40_000,
      interval: 5,
    });
    const victim = kills % 2 ? pump : worker;
    expect(await delivered()).toBeLessThan(MATCHES);
    victim.signal('SIGKILL');
    expect(await victim.ended).toBe('SIGKILL');
    kills += 1;
    if (victim === pump) pump = await start('pump');
    else worker = await start('worker');
  }
  expect(kills).toBe(4);
  await observer.quiet(50_000);
  expect(await oracle.compare(redis.client())).toMatchObject({ expected: MATCHES, ...nothingWrong });
  expect(await observer.queues.lanes[0]!.queue.getFailedCount()).toBe(0);
  for (const role of [pump, worker]) role.signal('SIGTERM');
  expect(await Promise.all([pump.ended, worker.ended])).toEqual([0, 0]);
}, 120_000);

test.runIf(isFull)(
  'a worker stopped for longer than its lock changes nothing when it goes on',
  async () => {
    const some = everything.slice(0, 6_000);
    const oracle = new Oracle();
    for (const match of some) oracle.expect(match.subscription_id, match);
    const env = { REDIS_URL: redis.url, BATCH_SIZE: '20', LOG_LEVEL: 'warn' };
    // All of it before the worker starts: it never waits for more, so that it is stopped in the middle of a job.
    await observer.append(some.map(wire));
    const [, frozen] = await Promise.all(
      ['pump', 'worker'].map(async (name) => (await startRole(name, env)).ready()),
    );
    await vi.waitFor(async () => expect(await delivered()).toBeGreaterThan(0), {
      timeout: 15_000,
      interval: 5,
    });
    frozen!.signal('SIGSTOP');
    expect(await observer.queues.lanes[0]!.queue.getActiveCount()).toBeGreaterThan(0);
    await (await startRole('worker', env)).ready();
    await observer.quiet(45_000);
    frozen!.signal('SIGCONT');
    await vi.waitFor(async () => expect((await fetch(`${frozen!.url}/healthz`)).status).toBe(200), 15_000);
    await observer.quiet();
    expect(await oracle.compare(redis.client())).toMatchObject(nothingWrong);
    expect(await observer.queues.lanes[0]!.queue.getFailedCount()).toBe(0);
  },
  120_000,
);
