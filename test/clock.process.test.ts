/** The clock of every process is set back by an hour while they run: nothing waits for it to come round again. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDirectory } from '../src/subscriptions/directory.ts';
import { eventually } from './fixtures/eventually.ts';
import { makeMatch, wire } from './fixtures/posts.ts';
import { startRedis, type TestRedis } from './fixtures/redis.ts';
import { endRoles, type Role, startRole } from './fixtures/roles.ts';
import { scrape } from './fixtures/scrape.ts';

const STREAM = 'skywire:matches';
const GROUP = 'skywire-inbox';
/** Older than the replay window. */
const OLD_MS = Date.now() - 48 * 3_600_000;
const OLD = 20;
const PARKED = 30;
const withinMs = 25_000;

let redis: TestRedis;
let client: Redis;
let pump: Role;
let worker: Role;
let web: Role;
let matches = 0;

const match = (subscription: string) => wire(makeMatch(subscription, (matches += 1)));
const inInbox = () => client.xlen('inbox:{ann}');

beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
  const env = {
    REDIS_URL: redis.url,
    ROUTING: 'directory',
    DELIVERY_ATTEMPTS: '1',
    CANARY_SECONDS: '1',
    NODE_OPTIONS: `--import ${new URL('fixtures/settable-clock.mjs', import.meta.url).href}`,
  };
  const directory = createDirectory(client);
  await directory.register('cats', 'ann');
  for (let at = 0; at < OLD; at += 1) await client.xadd(STREAM, `${OLD_MS}-${at}`, 'data', match('cats'));
  for (let at = 0; at < PARKED; at += 1) await client.xadd(STREAM, '*', 'data', match('dogs'));
  const start = async (name: string) => (await startRole(name, env)).ready();
  [pump, worker, web] = await Promise.all([start('pump'), start('worker'), start('web')]);
  await eventually(async () => expect([await inInbox(), await parked()]).toEqual([OLD, PARKED]), {
    withinMs,
  });
  await scrape(pump.url);
  await scrape(web.url);

  await directory.register('dogs', 'ann');
  await ask('POST', '/operator/parked/runs', { subscription: 'dogs' });
  await eventually(async () => expect((await run())?.run.delivered).toBeGreaterThan(0), { withinMs });
  expect((await run())?.phase, 'the run ended before the clock was set back').toBe('running');
  for (const role of [pump, worker, web]) role.signal('SIGUSR2');
  await eventually(
    () => [pump, worker, web].forEach((role) => expect(role.output()).toContain('the clock was set back')),
    { withinMs },
  );
});

afterAll(async () => {
  await endRoles();
  await redis.stop();
});

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(web.url + path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  expect(response.status, `${method} ${path}`).toBeLessThan(300);
  return response.status === 204 ? undefined : response.json();
}

const parked = () => client.zcard('skywire-inbox:{parked}:parked:failed');
const run = async () => {
  const { run: latest } = (await ask('GET', '/operator/parked/groups')) as {
    run: { phase: string; run: { delivered: number; total: number } } | null;
  };
  return latest;
};

test('a run of retries goes on to its end', async () => {
  await eventually(async () => expect((await run())?.phase).toBe('done'), { withinMs });
  expect((await run())?.run).toMatchObject({ total: PARKED, delivered: PARKED });
});

test('what a pump that was killed left pending is taken over', async () => {
  const before = await inInbox();
  const left = await client
    .multi()
    .xadd(STREAM, '*', 'data', match('cats'))
    .xreadgroup('GROUP', GROUP, 'killed', 'COUNT', 1, 'STREAMS', STREAM, '>')
    .exec();
  const id = left![0]![1] as string;
  await client.xclaim(STREAM, GROUP, 'killed', 0, id, 'IDLE', 60_000, 'JUSTID');
  await eventually(async () => expect(await inInbox()).toBe(before + 1), { withinMs });
  const [pending] = (await client.xpending(STREAM, GROUP)) as [number];
  expect(pending).toBe(0);
});

test.each(['pump', 'web'])('/metrics of the %s shows what is there now', async (name) => {
  const { url } = name === 'pump' ? pump : web;
  const entries = async () => (await scrape(url)).get(`stream_entries{stream="${STREAM}"}`);
  await client.xadd(STREAM, '*', 'data', match('cats'));
  const shown = await eventually(
    async () => {
      const found = await entries();
      expect(found).toBeGreaterThanOrEqual((await client.xlen(STREAM)) - 2);
      return found!;
    },
    { withinMs },
  );
  for (let at = 0; at < 50; at += 1) await client.xadd(STREAM, '*', 'data', match('cats'));
  await eventually(async () => expect(await entries()).toBeGreaterThan(shown + 25), { withinMs });
  expect((await scrape(url)).get('canary_age_seconds')).toBeLessThan(60);
});

test('the stream is trimmed', async () => {
  await eventually(async () => expect(await client.xrange(STREAM, '-', `${OLD_MS}-${OLD}`)).toEqual([]), {
    withinMs,
  });
});

test('the pump sees that Redis is full, and that it is not any more', async () => {
  // Made by Redis itself: sent over a connection, its buffer would count as used for a while.
  await client.setrange('ballast', 20_000_000, 'x');
  const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
  await client.config('SET', 'maxmemory', String(Math.round(used / 0.9)));
  const isPaused = async () => (await scrape(pump.url)).get('pump_braked');
  await eventually(async () => expect(await isPaused()).toBe(1), { withinMs });
  const before = await inInbox();
  await client.xadd(STREAM, '*', 'data', match('cats'));
  await client.config('SET', 'maxmemory', '0');
  await eventually(async () => expect(await inInbox()).toBe(before + 1), { withinMs });
  expect(await isPaused()).toBe(0);
});
