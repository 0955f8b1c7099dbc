import { expect, test } from 'vitest';
import { planOf } from './plan.ts';

const MINUTES_10 = 600_000;

test('the same seed brings the same blows, another one others', () => {
  expect(planOf(1, MINUTES_10)).toEqual(planOf(1, MINUTES_10));
  expect(planOf(1, MINUTES_10)).not.toEqual(planOf(2, MINUTES_10));
});

test('a second server, a relay and power cuts add their blows, and change none of the others', () => {
  const plain = planOf(1, MINUTES_10);
  expect(plain.filter(({ blow }) => /Skywire|relay|power/.test(blow))).toEqual([]);
  const full = planOf(1, MINUTES_10, { twoServers: true, relay: true, powerCuts: true });
  expect(full.filter(({ blow }) => !/Skywire|relay|power/.test(blow))).toEqual(plain);
  const count = (blow: string) => full.filter((one) => one.blow === blow).length;
  expect(count('Redis power cut')).toBeGreaterThanOrEqual(7);
  expect(count('Skywire power cut')).toBeGreaterThanOrEqual(7);
  expect(count('Skywire kill -9')).toBeGreaterThanOrEqual(8);
  expect(count('relay kill -9')).toBeGreaterThanOrEqual(30);
  const always = planOf(1, MINUTES_10, { twoServers: true });
  expect(always.some(({ blow }) => blow === 'Skywire kill -9')).toBe(true);
  expect(always.some(({ blow }) => blow.endsWith('power cut'))).toBe(false);
});

test.each([1, 2, 3, 7, 1_000])(
  'seed %i: ten minutes kill at least 100 workers, 50 pumps, 10 Redis',
  (seed) => {
    const plan = planOf(seed, MINUTES_10);
    const count = (blow: string) => plan.filter((one) => one.blow === blow).length;
    // Some more than asked for: a blow that finds nobody to hit is not counted.
    expect(count('worker kill -9')).toBeGreaterThanOrEqual(115);
    expect(count('pump kill -9')).toBeGreaterThanOrEqual(58);
    expect(count('Redis kill -9')).toBeGreaterThanOrEqual(11);
    expect(plan.every(({ atMs }) => atMs >= 0 && atMs < MINUTES_10)).toBe(true);
  },
);
