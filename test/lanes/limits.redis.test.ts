/** Limits that a person sets on the dashboard: overview and doctor name them, and how to remove them; no worker suffers. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Finding as HealthFinding } from '../../src/monitor/health.ts';
import { examine } from '../../src/tools/doctor.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { asAdmin, startWeb, type TestWeb } from '../web/web.ts';

let redis: TestRedis;
let pipeline: Pipeline;
let web: TestWeb;
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { BATCH_SIZE: '1' });
  web = await startWeb(redis);
});
afterEach(async () => {
  await web.stop();
  await pipeline.stop();
  await redis.stop();
});

const set = (what: string, body = {}) =>
  web.ask('PUT', `/dashboard/api/queues/matches/${what}`, asAdmin, body);
const overview = async (): Promise<HealthFinding[]> =>
  (await web.ask('GET', '/operator/figures', asAdmin)).json.health;
async function doctor() {
  const client = redis.client();
  const { queues, context } = pipeline;
  const found = await examine({
    home: client,
    skywire: client,
    skywireServer: undefined,
    queues,
    config: context.config,
  });
  return found.map(({ what, fix }) => ({ what, remedy: fix ?? '' }));
}
async function type(command: string): Promise<void> {
  const [, , key, ...fields] = command.replaceAll("'", '').split(' ');
  expect(await redis.client().hdel(key!, ...fields)).toBe(fields.length);
}
const META = "redis-cli HDEL 'skywire-inbox:{matches}:matches:meta'";

test.each([
  ['concurrency', { concurrency: 1 }, 'at most 1 job at a time', 'Set concurrency', `${META} concurrency`],
  [
    'rate-limit',
    { max: 2, duration: 60_000 },
    'at most 2 jobs every 60 s',
    'Set rate limit',
    `${META} max duration`,
  ],
  ['pause', {}, 'is paused', 'Resume', `${META} paused`],
])('a %s set by hand is named, with the way to remove it', async (what, body, words, onPage, command) => {
  expect((await set(what, body)).status).toBe(200);
  for (const look of [overview, doctor]) {
    const named = await vi.waitFor(async () => {
      const found = (await look()).filter((one) => one.what.includes(words));
      expect(found).toHaveLength(1);
      return found[0]!;
    }, 5_000);
    expect(named.what).toContain('matches');
    expect(named.what).toContain('by hand');
    for (const part of ['/dashboard/queue/matches', onPage, command]) expect(named.remedy).toContain(part);
  }
  await type(command);
  expect(JSON.stringify(await doctor())).not.toContain('by hand');
});

test('where nothing moves for a limit set by hand, nobody is told to start a worker', async () => {
  await pipeline.append(Array.from({ length: 30 }, (_, n) => wire(makeMatch('ann', n))));
  await set('pause');
  pipeline.startWorker();
  await pipeline.queues.lanes[0]!.add([
    { stream: STREAM, entries: [{ id: '1-0', data: wire(makeMatch('ann', 99)) }] },
  ]);
  const standing = await vi.waitFor(
    async () => {
      const found = (await overview()).find((one) => one.what.includes('nothing moves'));
      expect(found).toBeDefined();
      return found!;
    },
    { timeout: 20_000, interval: 500 },
  );
  expect(standing.remedy).toContain('Resume');
  expect(standing.remedy).not.toContain('npm run worker');
  await type(`${META} paused`);
  await vi.waitFor(async () => expect(await pipeline.inbox('ann')).toHaveLength(1), 15_000);
}, 30_000);

test('a limit slows workers down and ends none: what was waiting is delivered, all of it once the limit is gone', async () => {
  await set('concurrency', { concurrency: 1 });
  await set('rate-limit', { max: 1, duration: 1_000 });
  await pipeline.append(Array.from({ length: 20 }, (_, n) => wire(makeMatch('ann', n))));
  pipeline.startPump();
  pipeline.startWorker();
  pipeline.startWorker();
  await vi.waitFor(async () => expect((await pipeline.inbox('ann')).length).toBeGreaterThan(2), 15_000);
  expect((await pipeline.inbox('ann')).length).toBeLessThan(20);
  await set('concurrency', { concurrency: 0 });
  await set('rate-limit', { max: null });
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toHaveLength(20);
}, 60_000);
