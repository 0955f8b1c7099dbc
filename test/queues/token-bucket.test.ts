import { expect, test } from 'vitest';
import { createTokenBucket } from '../../queues/index.ts';

test('so many at once, then one every so often; debts take longer, and what is not spent is saved up to the most', () => {
  let now = 500;
  const bucket = createTokenBucket({ atOnce: 10, everyMs: 100 }, () => now);
  expect([bucket.left(), bucket.waitMs()]).toEqual([10, 0]);
  bucket.spend(9);
  expect([bucket.left(), bucket.waitMs()]).toEqual([1, 0]);
  bucket.spend(1);
  expect([bucket.left(), bucket.waitMs()]).toEqual([0, 100]);
  now += 250;
  expect([bucket.left(), bucket.waitMs()]).toEqual([2, 0]);
  bucket.spend(7);
  expect([bucket.left(), bucket.waitMs()]).toEqual([0, 550]);
  now += 60_000;
  expect([bucket.left(), bucket.waitMs()]).toEqual([10, 0]);
});
