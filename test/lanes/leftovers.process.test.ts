/** A partition is taken out of SKYWIRE_STREAM while its jobs wait: every process says so and treats its queue like the others. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openQueues } from '../../src/lanes/queues.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isFull } from '../fixtures/full-size.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';

let redis: TestRedis;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await endRoles();
  await redis.stop();
});

test.runIf(isFull)(
  'its jobs are named at the start, on the pages, in metrics, by doctor and audit, and are delivered',
  async () => {
    const client = redis.client();
    for (const stream of ['one', 'two'])
      for (let n = 0; n < 50; n += 1) await client.xadd(stream, '*', 'data', wire(makeMatch(stream, n)));
    const before = { REDIS_URL: redis.url, SKYWIRE_STREAM: 'one,two', BATCH_SIZE: '5' };
    const first = await (await startRole('pump', before)).ready();
    await eventually(
      async () => expect((await scrape(first.url)).get('jobs{queue="matches-2",state="waiting"}')).toBe(10),
      { withinMs: 15_000 },
    );
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);

    const env = { ...before, SKYWIRE_STREAM: 'one' };
    const doctor = await runCommand('doctor', env);
    expect(doctor.output).toMatch(/queue matches-2: 10 waiting/);
    expect(doctor.output).toMatch(
      /note +queue matches-2 holds jobs of a partition that SKYWIRE_STREAM no longer/,
    );
    const inFlight = await runCommand('audit', env);
    expect(inFlight.output).toContain('100 entries: 0 in inbox, 0 parked, 100 in flight');
    expect(inFlight.output).toContain('included: two, which SKYWIRE_STREAM does not list');

    // One job fails for good, so that something stays to be retried by hand.
    const queues = openQueues(redis.client({ maxRetriesPerRequest: null }), 1, ['one', 'two']);
    const [job] = await queues.lanes[1]!.queue.getWaiting(0, 0);
    await client.hset(queues.lanes[1]!.queue.toKey(job!.id!), 'data', '{"v":2}');
    await queues.close();
    const [pump, web] = await Promise.all(['pump', 'web'].map((name) => startRole(name, env)));
    await Promise.all([pump!.ready(), web!.ready()]);
    const names = async () => {
      const response = await fetch(`${web!.url}/dashboard/api/queues`);
      return ((await response.json()) as { queues: { name: string }[] }).queues.map(({ name }) => name);
    };
    await eventually(async () => expect(await names()).toContain('matches-2'), { withinMs: 10_000 });
    expect(pump!.output()).toMatch(
      /"queue":"matches-2","unfinished":10,"failed":0,.*SKYWIRE_STREAM is shorter/,
    );
    const worker = await (await startRole('worker', env)).ready();
    await eventually(
      async () => {
        const seen = await scrape(web!.url);
        for (const queue of ['matches', 'matches-2'])
          for (const state of ['waiting', 'active'])
            expect(seen.get(`jobs{queue="${queue}",state="${state}"}`)).toBe(0);
        expect(seen.get('jobs{queue="matches-2",state="failed"}')).toBe(1);
        expect(seen.get('books_entries{verdict="read"}')).toBe(100);
      },
      { withinMs: 20_000 },
    );
    expect(worker.output()).toMatch(/"queue":"matches-2",.*SKYWIRE_STREAM is shorter/);
    const { health } = (await (await fetch(`${web!.url}/operator/figures`)).json()) as {
      health: { what: string }[];
    };
    expect(health.map(({ what }) => what).join(' ')).toContain(
      'Queue matches-2 holds 0 unfinished and 1 failed',
    );
    const retried = await fetch(`${web!.url}/operator/parked/jobs/matches-2/${job!.id!}/retry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(retried.status).toBe(200);
    expect(await client.xlen('inbox:{one}')).toBe(50);
    expect(await client.xlen('inbox:{two}')).toBe(45);
  },
  120_000,
);
