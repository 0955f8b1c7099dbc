import { expect, test } from 'vitest';
import { createPacer } from '../../src/simulator/pacer.ts';

/** Sends all that is due every `stepMs`, for `steps` steps; returns what went out in each. */
function run(perSecond: number, stepMs: number, steps: number, stallAt = -1, stallMs = 0): number[] {
  let nowMs = 0;
  const pacer = createPacer(perSecond, () => nowMs);
  return Array.from({ length: steps }, (_, step) => {
    nowMs += step === stallAt ? stallMs : stepMs;
    const due = pacer.due();
    pacer.spend(due);
    return due;
  });
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

test('a second at any rate is that many matches, evenly', () => {
  expect(sum(run(1_000, 5, 200))).toBe(1_000);
  expect(Math.max(...run(1_000, 5, 200))).toBeLessThanOrEqual(6);
  expect(sum(run(3, 5, 1_000))).toBe(15);
  expect(sum(run(50_000, 7, 1_000))).toBe(350_000);
});

test('a stall of half a second is made up for, in steps of a tenth of a second', () => {
  const sent = run(1_000, 5, 400, 50, 500);
  expect(sum(sent)).toBe(399 * 5 + 500);
  expect(Math.max(...sent)).toBe(100);
});

test('of a stall of a minute a second is made up for', () => {
  expect(sum(run(1_000, 5, 600, 50, 60_000))).toBe(599 * 5 + 1_000);
});

test('the wait lasts until the next match is due', () => {
  let nowMs = 0;
  const pacer = createPacer(2, () => nowMs);
  expect(pacer.waitMs()).toBe(500);
  nowMs += 500;
  expect(pacer.due()).toBe(1);
  expect(createPacer(1_000, () => 0).waitMs()).toBe(5);
});

test('at rate 0 everything is due at once', () => {
  const pacer = createPacer(0, () => 0);
  pacer.spend(1_000_000);
  expect(pacer.due()).toBe(Infinity);
});
