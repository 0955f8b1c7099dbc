import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, outageBackoff } from '../../queues/backoff.ts';

const least = () => 0;
const most = () => 1 - Number.EPSILON;
const backoff = { baseMs: 1_000, maxMs: 300_000 };

test.each([
  [1, 500, 1_000],
  [2, 1_000, 2_000],
  [3, 2_000, 4_000],
  [9, 128_000, 256_000],
  [10, 150_000, 300_000],
  [1_000_000, 150_000, 300_000],
])('after try %i the pause is from %i to %i ms', (attempt, from, to) => {
  expect(backoffMs(attempt, backoff, least)).toBe(from);
  expect(backoffMs(attempt, backoff, most)).toBe(to);
});

test('whatever the settings, a pause is a whole number of ms between half of the step and the cap', () => {
  const ms = fc.integer({ min: 1, max: 86_400_000 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000_000_000 }), ms, ms, (attempt, baseMs, maxMs) => {
      const pause = backoffMs(attempt, { baseMs, maxMs });
      expect(Number.isSafeInteger(pause)).toBe(true);
      expect(pause).toBeGreaterThanOrEqual(Math.floor(Math.min(baseMs, maxMs) / 2));
      expect(pause).toBeLessThanOrEqual(maxMs);
    }),
  );
});

test('jitter spreads those that failed together', () => {
  const pauses = new Set(Array.from({ length: 1_000 }, () => backoffMs(10, backoff)));
  expect(pauses.size).toBeGreaterThan(900);
});

test('an outage is tried again within a second at first, and never less often than each quarter of a minute', () => {
  expect(backoffMs(1, outageBackoff, most)).toBeLessThanOrEqual(1_000);
  expect(backoffMs(1_000, outageBackoff, most)).toBeLessThanOrEqual(15_000);
});
