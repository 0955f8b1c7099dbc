import { expect, test } from 'vitest';
import { viewJob } from '../../../src/web/operator/job-view.ts';

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

test('a usual job is shown whole', () => {
  const job = {
    v: 1,
    stream: 's',
    entry: { id: '1-0', data: 'x'.repeat(2_000) },
    list: [null, true, 1.5, {}],
  };
  expect(viewJob(job)).toEqual({ shown: job, isWhole: true });
  expect(viewJob(undefined)).toEqual({ shown: undefined, isWhole: true });
});

test('a long text is cut, and says by how much', () => {
  const { shown, isWhole } = viewJob({ data: 'x'.repeat(2_500) });
  expect(isWhole).toBe(false);
  expect((shown as { data: string }).data).toBe(`${'x'.repeat(2_000)}… (500 more characters)`);
});

test('of a batch 20 entries are shown, and how many there are', () => {
  const { shown } = viewJob({ entries: Array.from({ length: 300 }, (_, at) => ({ id: `${at}-0` })) });
  const { entries } = shown as { entries: unknown[] };
  expect(entries).toHaveLength(21);
  expect(entries[20]).toBe('… (280 more, 300 in all)');
});

test.each<[name: string, job: unknown]>([
  [
    'many long texts',
    { entries: Array.from({ length: 300 }, (_, at) => ({ id: `${at}-0`, data: 'ä'.repeat(5_000) })) },
  ],
  [
    'texts that JSON makes longer',
    { entries: Array.from({ length: 300 }, () => ({ data: '\u0000'.repeat(2_000) })) },
  ],
  [
    'many members',
    Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`member ${at}`, 'x'.repeat(1_000)])),
  ],
  ['long names', Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at}`.repeat(2_000), 1]))],
  ['depth', JSON.parse('['.repeat(5_000) + ']'.repeat(5_000))],
  [
    'breadth at every level',
    Array.from({ length: 30 }, () =>
      Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => 'x'.repeat(100))),
    ),
  ],
  ['one text', '🦋'.repeat(1_000_000)],
])('%s: at most 20 kB are shown', (_name, job) => {
  const { shown, isWhole } = viewJob(job);
  expect(isWhole).toBe(false);
  expect(bytesOf(shown)).toBeLessThanOrEqual(20_000);
  expect(JSON.stringify(shown)).not.toMatch(/\\ud[89a-f]/);
});

test('what hides in a text or turns it around is shown as an escape', () => {
  const { shown, isWhole } = viewJob({ data: 'a\u202eb\u0000c\u001b[31m\u009b\ud800\n👩‍🚀' });
  expect(shown).toEqual({ data: 'a\\u202eb\\u0000c\\u001b[31m\\u009b\ufffd\n👩‍🚀' });
  expect(isWhole).toBe(false);
});

test('a member called __proto__ stays a member', () => {
  const job = JSON.parse('{"__proto__":{"x":1},"a":1}') as object;
  expect(JSON.stringify(viewJob(job).shown)).toBe('{"__proto__":{"x":1},"a":1}');
});
