import { expect, test } from 'vitest';
import { median, percentile, rounded, spreadOf } from '../../bench/statistics.ts';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([8, 2, 4, 6])).toBe(5);
  expect(median([])).toBeNaN();
});

test('a percentile is a value that was there: the smallest that so many do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
});

test('a spread names median, least and most; rounding leaves three digits', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  expect(rounded(23_456)).toBe(23_500);
  expect(rounded(0.012345)).toBe(0.0123);
});
