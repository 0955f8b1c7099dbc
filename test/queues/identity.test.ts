/** The identity of a post never changes by a byte: inboxes remember it for as long as a replay may bring the post again. */
import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMatch } from '../../queues/match.ts';
import { parseJson } from '../../queues/parse-json.ts';

/** As version 0.1.0 had it. */
function sorted(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sorted(value[key as keyof typeof value])}`);
  return `{${members.join(',')}}`;
}
const asBefore = (author: string, record: unknown): string =>
  hash('sha256', `record ${JSON.stringify(author)} ${sorted(record)}`, 'base64url').slice(0, 22);

/** Keys that objects treat apart, that sort unlike numbers, or not as code points do. */
const key = fc.oneof(
  fc.constantFrom('__proto__', 'toJSON', 'constructor', '9', '10', '', '\ud83d\ude00', '\uffee', 'a', 'B'),
  fc.string(),
);
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.json().map(parsed),
    fc.string({ unit: 'binary' }),
    tie('list'),
    tie('record'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  record: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 6 })
    .map(textOfObject)
    .map(parsed),
}));
const record = fc.array(fc.tuple(key, anyValue), { maxLength: 24, size: 'medium' });

function parsed(text: string): unknown {
  return parseJson(text);
}
function textOfObject(members: [string, unknown][]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join(',')}}`;
}

test.each([
  ['in any order', (members: [string, unknown][]) => textOfObject(members)],
  ['sorted', (members: [string, unknown][]) => sorted(parsed(textOfObject(members)))],
])('of a record with its keys %s, the identity is the one it always was', (_, textOf) => {
  fc.assert(
    fc.property(record, fc.string({ unit: 'binary' }), (members, author) => {
      const text = textOf(members);
      const post = `{"uri":"","text":"","author":${JSON.stringify(author)},"indexed_at":"","raw_record":${text}}`;
      const read = parseMatch(`{"subscription_id":"s","post":${post}}`);
      expect('match' in read && read.match.identity).toBe(asBefore(author, parsed(text)));
    }),
    { numRuns: 200 },
  );
});

test('of a record written with spaces, escapes and long numbers, too', () => {
  const text = String.raw`{ "b" : [1.0, 1e3, -0, 12345678901234567890, "é\/"], "a":{"z":null ,"y":"\ud800"} }`;
  const read = parseMatch(
    `{"subscription_id":"s","post":{"uri":"","text":"","author":"a","indexed_at":"","raw_record":${text}}}`,
  );
  expect('match' in read && read.match.identity).toBe(asBefore('a', parsed(text)));
});
