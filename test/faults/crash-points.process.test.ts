/** Deaths at the worst instants, by the named crash points of pump, worker and trimmer; and an entry that kills whoever handles it. */
import { QueueEvents } from 'bullmq';
import { expect } from 'vitest';
import { openQueues } from '../../src/lanes/queues.ts';
import { retryFailed } from '../../src/parked/retry/retry-job.ts';
import { payloadsKey, queuePrefix } from '../../src/redis/keys.ts';
import { startCrew } from '../chaos/crew.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { jobsOf, STREAM } from '../fixtures/progress.ts';
import { type Role, startRole } from '../fixtures/roles.ts';
import type { World } from '../fixtures/world.ts';
import { fault, kill9 } from './fault.ts';

/** Starts a role that dies at the point; resolves when it has. */
async function crash({ env }: World, name: string, point: string): Promise<Role> {
  const role = await startRole(name, { ...env, SKYWIRE_INBOX_CRASH_AT: point });
  await eventually(() => expect(role.hasEnded()).toBe(true), { withinMs: 40_000 });
  expect(await role.ended, role.output()).toBe('SIGKILL');
  return role;
}

const TIMES = 3;

const points: [point: string, fault: string][] = [
  ['pump.mid-add', 'pump dies in the middle of adding'],
  ['pump.after-add', 'pump dies between add and ack'],
  ['worker.before-write', 'worker dies before the inbox write'],
  ['worker.after-write', 'worker dies after the inbox write'],
  ['worker.before-complete', 'worker dies before its job is completed'],
];

for (const [point, name] of points)
  fault(name, { workers: 1, rate: 500 }, async (world, cast, moments) => {
    const role = point.split('.', 1)[0]!;
    for (let times = 1; times <= TIMES; times += 1) {
      if (times > 1) await moments.wait(2_000);
      // Alone, so that it is the one that gets work.
      const others = role === 'pump' ? cast.pumps : cast.workers;
      await kill9(others.pop()!);
      await crash(world, role, `${point}:${moments.number('pass', 1, 6)}`);
      others.push(await world.start(role));
    }
    return `crash point ${point}, ${TIMES} times at one of its first six passes, each time replaced`;
  });

const besides: [point: string, fault: string][] = [
  ['worker.before-complete', 'worker dies before a large batch is completed'],
  ['pump.before-add', 'pump dies between laying down a large batch and adding its job'],
  ['worker.after-complete', 'worker dies between completing a large batch and removing it'],
];

for (const [point, name] of besides)
  fault(name, { workers: 1, rate: 0, env: { BATCH_SIZE: '200' } }, async (world, cast, moments) => {
    const role = point.split('.', 1)[0]!;
    const others = role === 'pump' ? cast.pumps : cast.workers;
    await kill9(others.pop()!);
    for (let times = 1; times <= TIMES; times += 1) {
      await world.producer.send(2_000);
      await crash(world, role, `${point}:${moments.number('pass', 1, 3)}`);
    }
    const left = await world.client.hlen(payloadsKey('matches'));
    expect(left).toBeGreaterThan(0);
    others.push(await world.start(role));
    return `crash point ${point}, ${TIMES} times at one of its first three passes; ${left} batches left`;
  });

const AGED = 20;
const HOUR_MS = 3_600_000;

fault(
  'trimmer dies before it trims',
  { rate: 0, parked: AGED, env: { STREAM_RETENTION_HOURS: '1' } },
  async (world, { pumps }, moments) => {
    // Its trimmer must not come first.
    await kill9(pumps.pop()!);
    // Of two hours ago: below the replay window. No matches, so that no inbox expects them.
    const ids = Array.from({ length: AGED }, (_, n) => `${Date.now() - 2 * HOUR_MS + n}-0`);
    for (const id of ids) await world.client.xadd(STREAM, id, 'data', 'no match');
    const before = moments.number('matches before it', 0, 1_000);
    await world.producer.send(before);
    await crash(world, 'pump', 'trimmer.before-trim');
    expect(await world.client.xrange(STREAM, '-', ids.at(-1)!)).toHaveLength(AGED);
    await world.start('pump');
    await eventually(
      async () => expect(await world.client.xrange(STREAM, '-', ids.at(-1)!)).toHaveLength(0),
      {
        withinMs: 40_000,
      },
    );
    expect(await world.client.xlen(STREAM)).toBe(before);
    await world.producer.send(500);
    return `crash point trimmer.before-trim: nothing is gone; the next pump trims the ${AGED} entries below the replay window and no other`;
  },
);

fault('the same batch loses its worker twice', { workers: 0, rate: 0, timeoutMs: 240_000 }, async (world) => {
  await world.producer.send(40);
  await crash(world, 'worker', 'worker.before-write');
  await crash(world, 'worker', 'worker.before-write');
  await world.start('worker');
  return 'crash point worker.before-write in two workers one after the other: nothing failed';
});

fault(
  'the same batch kills its worker again and again',
  {
    workers: 0,
    rate: 0,
    parked: 1,
    recoversWithinMs: 400_000,
    timeoutMs: 600_000,
    // Fewer halvings: each takes three dead workers, and their locks' time.
    env: { BATCH_SIZE: '8' },
  },
  async (world, _, moments) => {
    const before = moments.number('matches before it', 0, 1_000);
    const crew = startCrew('worker', 3, { ...world.env, SKYWIRE_INBOX_CRASH_AT: 'worker.poison' });
    await world.producer.send(before);
    const poison = makeMatch('sub-0', 900_000, { post: { text: 'POISON' } });
    const id = await world.client.xadd(STREAM, '*', 'data', wire(poison));
    await world.producer.send(1_000 - before);
    await eventually(async () => expect((await jobsOf(world.client, 'parked')).failed).toBe(1), {
      withinMs: 400_000,
      everyMs: 500,
    });
    const [jobId] = await world.client.zrange('skywire-inbox:{parked}:parked:failed', 0, '-1');
    const job = await world.client.hgetall(`skywire-inbox:{parked}:parked:${jobId}`);
    expect(job['name']).toBe('suspect');
    expect(job['data']).toContain(id!);
    expect(crew.surprises.length).toBeGreaterThan(2);
    await world.quiet(120_000);
    crew.dismiss();
    return `a poison entry ended ${crew.surprises.length} workers; it alone stands in parked as suspect, the other 1,000 are delivered`;
  },
);

fault(
  'a suspect that still kills its worker is retried',
  { workers: 0, rate: 500, parked: 1, timeoutMs: 400_000 },
  async (world) => {
    const crew = startCrew('worker', 2, { ...world.env, SKYWIRE_INBOX_CRASH_AT: 'worker.poison' });
    const queues = openQueues(world.client, 8);
    const stalled: string[] = [];
    const listener = new QueueEvents('matches', {
      connection: world.redis.client({ maxRetriesPerRequest: null }),
      prefix: queuePrefix('matches'),
    });
    listener.on('stalled', ({ jobId }) => stalled.push(jobId));
    const poison = wire(makeMatch('sub-0', 900_000, { post: { text: 'POISON' } }));
    const entry = { id: '1-0', data: poison };
    await queues.parked.add([
      { v: 1, stream: STREAM, entry, reason: 'suspect', detail: 'it killed its worker' },
    ]);
    const failedAfter = async (attemptsMade: number) => {
      await eventually(
        async () =>
          expect(await queues.parked.queue.getFailed()).toMatchObject([{ attemptsMade, name: 'suspect' }]),
        { withinMs: 200_000, everyMs: 200 },
      );
      return (await queues.parked.queue.getFailed())[0]!;
    };
    const { id } = await failedAfter(1);
    const deaths: number[] = [];
    for (const retry of [1, 2]) {
      const before = crew.surprises.length;
      expect(await retryFailed(queues, 'parked', id!)).toBe(true);
      await failedAfter(retry + 1);
      deaths.push(crew.surprises.length - before);
    }
    await world.producer.stop();
    await world.quiet(60_000);
    crew.dismiss();
    await listener.close();
    await queues.close();
    expect({ deaths, stalled }).toEqual({ deaths: [2, 2], stalled: [] });
    return `two retries ended ${deaths.join(' and ')} workers; no other match was in any of them`;
  },
);
