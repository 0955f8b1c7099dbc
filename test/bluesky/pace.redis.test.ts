import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPace, type Pace } from '../../src/bluesky/pace/pace.ts';
import { askedServerKey } from '../../src/redis/keys.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
/** Of two processes. */
let here: Pace;
let there: Pace;
beforeAll(async () => {
  redis = await startRedis();
  here = createPace(redis.client());
  there = createPace(redis.client());
});
afterAll(() => redis.stop());

/** As if so much time had passed. */
async function pass(host: string, ms: number): Promise<void> {
  const client = redis.client();
  const state = await client.hgetall(askedServerKey('appview', host));
  for (const field of ['next', 'paused', 'open'])
    if (state[field]) await client.hset(askedServerKey('appview', host), field, Number(state[field]) - ms);
}

test('calls keep the pace of each server, of all processes together', async () => {
  const waits: (number | undefined)[] = [];
  for (let n = 0; n < 45; n += 1) waits.push(await [here, there][n % 2]!.enter('appview', 'a'));
  expect(waits[0]).toBe(0);
  // Five a second: the 21st goes four seconds after the first.
  expect(waits[20]).toBeGreaterThan(2_000);
  expect(waits[20]).toBeLessThanOrEqual(4_000);
  // More than 8 s are not waited for.
  expect(waits.at(-1)).toBeUndefined();
  expect(await here.enter('plc', 'b')).toBe(0);
  expect(await there.enter('plc', 'b')).toBeLessThanOrEqual(50);
  expect(await here.enter('pds', 'c')).toBe(0);
  expect(await there.enter('pds', 'c')).toBeGreaterThan(100);
});

test('a 429 pauses its server alone, for as long as it says, and for 15 minutes at most', async () => {
  await here.throttled('appview', 'slow', 60_000);
  // One that was answered meanwhile ends no pause.
  await here.answered('appview', 'slow');
  expect(await there.enter('appview', 'slow')).toBeUndefined();
  expect(await there.enter('appview', 'other')).toBe(0);
  await pass('slow', 60_000);
  expect(await there.enter('appview', 'slow')).toBe(0);
  await here.throttled('appview', 'slow', 86_400_000);
  await pass('slow', 15 * 60_000);
  expect(await there.enter('appview', 'slow')).toBe(0);
});

test('a server that fails is left alone, then tried with one call, and asked again once that is answered', async () => {
  const failures = [];
  for (let n = 0; n < 5; n += 1) failures.push(await here.failed('appview', 'down'));
  expect(failures).toEqual([false, false, false, false, true]);
  expect(await there.enter('appview', 'down')).toBeUndefined();
  await pass('down', 15_000);
  expect(await there.enter('appview', 'down')).toBe(0);
  expect(await here.enter('appview', 'down')).toBeUndefined();
  await there.failed('appview', 'down');
  expect(await here.enter('appview', 'down')).toBeUndefined();
  await pass('down', 15_000);
  expect(await here.enter('appview', 'down')).toBe(0);
  await here.answered('appview', 'down');
  expect(await there.enter('appview', 'down')).toBeLessThan(1_000);
});

test('nothing of a server stays', async () => {
  const keys = await redis.client().keys('*');
  expect(keys).toHaveLength(6);
  for (const key of keys) expect(await redis.client().pttl(key)).toBeGreaterThan(0);
  expect(keys.every((key) => key.startsWith('skywire-inbox:{enrich}:server:'))).toBe(true);
});
