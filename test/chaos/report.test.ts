import { expect, test } from 'vitest';
import { openJournal } from '../fixtures/journal.ts';
import type { ChaosResult } from './chaos.ts';
import { parseChaos } from './command.ts';
import { report, verdictOf } from './report.ts';

const journal = openJournal();
journal.remove();

const result = (about: Partial<ChaosResult> = {}): ChaosResult => ({
  seconds: 600,
  wasStopped: false,
  attempted: 1_000,
  judgement: {
    ok: 990,
    unknown: 10,
    items: 990,
    lost: 0,
    duplicated: 0,
    ghost: 0,
    misrouted: 0,
    corrupt: 0,
    disordered: 0,
    differsOverHttp: 0,
    first: [],
    lostMatches: [],
  },
  gone: 7,
  cutBytes: 1_230_000,
  failedInMatches: 0,
  audit: { code: 0, output: '990 entries: 990 in inbox\n' },
  hits: new Map([['Redis power cut', 3]]),
  started: { pump: 9 },
  surprises: [],
  unrest: [],
  calmMs: 1_000,
  journal,
  ...about,
});
const options = parseChaos(['--two-servers']);

test('all held over the whole time', () => {
  expect(verdictOf(options, result())).toEqual({
    held: true,
    text: 'HELD for 10 minutes: 990 matches, 0 lost, 0 twice, audit exit 0',
  });
  const text = report(options, result());
  expect(text).toMatch(/^Redis power cut +3$/m);
  expect(text).toMatch(
    /^gone with the power +1\.2 MB of append-only files; 7 confirmed matches of the stream$/m,
  );
  expect(text).toMatch(/^appended +990 confirmed, 3 never answered$/m);
});

test.each<[Partial<ChaosResult>, string]>([
  [{ judgement: { ...result().judgement, lost: 2, duplicated: 1 } }, 'FAILED: lost 2; duplicated 1'],
  [{ audit: { code: 1, output: '' } }, 'FAILED: audit exit 1'],
  [{ unrest: ['pipeline: not quiet'] }, 'FAILED: pipeline: not quiet'],
  [{ judgement: { ...result().judgement, ok: 0 } }, 'FAILED: nothing was sent'],
])('what failed is named: %#', (about, text) => {
  expect(verdictOf(options, result(about))).toEqual({ held: false, text });
});

test('one that was stopped says so, and what it had shown until then, and does not pass', () => {
  const stopped = { seconds: 186, wasStopped: true };
  expect(verdictOf(options, result(stopped))).toEqual({
    held: false,
    text: 'STOPPED after 3.1 of 10 minutes: until then 990 matches, 0 lost, 0 twice, audit exit 0',
  });
  expect(verdictOf(options, result({ ...stopped, failedInMatches: 4 })).text).toBe(
    'STOPPED after 3.1 of 10 minutes: FAILED: failedInMatches 4',
  );
});
