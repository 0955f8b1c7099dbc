/** The clock that stamped the canary may not be the one that is asked now: another node of a Cluster, a new master, a clock that was set. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CANARY } from '../../queues/index.ts';
import { createCanaryAge } from '../../src/monitor/canary-age.ts';
import { encodeName, inboxKeys } from '../../src/redis/keys.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const { items } = inboxKeys(encodeName(CANARY)!);
const SKEW_MS = 150_000;

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
beforeEach(async () => {
  redis = await startRedis();
  client = redis.client();
});
afterEach(() => redis.stop());

const arrive = (skewMs: number) => client.xadd(items, `${Date.now() + skewMs}-0`, 'post', 'x');

test('a canary that arrives is fresh, though the clock that stamped it is minutes behind', async () => {
  const age = createCanaryAge(client, []);
  expect(await age()).toBeUndefined();
  await arrive(-SKEW_MS);
  expect((await age())!.ms).toBeLessThan(5_000);
  await arrive(-SKEW_MS + 10);
  expect((await age())!.ms).toBeLessThan(5_000);
});

test('one that stays away ages, though the clock that stamped it is minutes ahead', async () => {
  const age = createCanaryAge(client, []);
  await arrive(SKEW_MS);
  expect((await age())!.ms).toBeLessThan(1_000);
  await pause(1_500);
  expect((await age())!.ms).toBeGreaterThanOrEqual(1_500);
});

test('one of before this process is as old as its clock says, and ages from there', async () => {
  await arrive(-SKEW_MS);
  const age = createCanaryAge(client, []);
  const first = (await age())!.ms;
  expect(first).toBeGreaterThanOrEqual(SKEW_MS);
  await pause(200);
  expect((await age())!.ms - first).toBeGreaterThanOrEqual(150);
});
