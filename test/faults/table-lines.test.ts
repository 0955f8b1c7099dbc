import { expect, test } from 'vitest';
import { againLine, type RunResult, runLine, tableLines } from './table-lines.ts';

const run = (about: Partial<RunResult>): RunResult => ({
  fault: 'power loss',
  nth: 1,
  of: 3,
  seed: 7,
  moments: ['at 0.31 s'],
  held: true,
  happened: 'the last 10 bytes gone',
  matches: 100,
  lost: 0,
  duplicated: 0,
  recoveryMs: 1_000,
  ...about,
});

test('a row says how often it held, of so many; matches and flaws of all its runs, the longest recovery', () => {
  const runs = [
    run({}),
    run({ nth: 2, held: false, lost: 2, recoveryMs: 4_240, happened: 'the last 20 bytes gone' }),
    run({ nth: 3 }),
    run({
      fault: 'wrong eviction policy',
      of: 1,
      matches: undefined,
      lost: undefined,
      duplicated: undefined,
    }),
  ];
  expect(tableLines(runs)[0]).toBe('| power loss | the last 10 bytes gone | 2 of 3 | 300 | 2 | 0 | 4.2 s |');
  expect(tableLines(runs)[1]).toMatch(/^\| wrong eviction policy \| .* \| 1 of 1 \| – \| – \| – \|/);
});

test('runs that are not over, and runs that failed before they were judged, did not hold', () => {
  const early = run({
    held: false,
    happened: undefined,
    matches: undefined,
    lost: undefined,
    duplicated: undefined,
  });
  expect(tableLines([run({}), early])[0]).toContain('| the last 10 bytes gone | 1 of 3 | 100 | 0 | 0 |');
});

test('a run is printed with its moments, and how to repeat it', () => {
  expect(runLine(run({ nth: 2 }))).toBe(
    'held: power loss, 2 of 3: struck at 0.31 s; 100 matches, 0 lost, 0 twice, recovered after 1.0 s',
  );
  expect(runLine(run({ held: false, matches: undefined }))).toBe(
    'FAILED: power loss, 1 of 3: struck at 0.31 s',
  );
  expect(againLine(run({ nth: 2 }))).toBe(
    'npm run test:faults -- --repeat 3 --seed 7 -t "power loss, 2 of 3"',
  );
});
