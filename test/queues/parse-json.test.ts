import { deepStrictEqual } from 'node:assert';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidOf, parseJson } from '../../queues/index.ts';
import { parseMatch } from '../../queues/match.ts';
import { meaningOf, object, whitespace, write } from '../fixtures/json-objects.ts';

test('every object is read as it is written, whatever was read before', () => {
  fc.assert(
    fc.property(object, whitespace, (members, spaces) => {
      const json = write(members, () => spaces.next().value);
      const [read, meant] = [parseJson(json), meaningOf(members)];
      deepStrictEqual(read, meant);
      // The order, too: what is written from it is the same.
      expect(JSON.stringify(read)).toBe(JSON.stringify(meant));
    }),
    { numRuns: 2_000 },
  );
});

test.each(['', '{', '{"a\\n":}', '{"a\\n":1}}', '{"a\\n":01}', '{"a\\x":1}'])('%j is no JSON', (json) => {
  expect(() => parseJson(json)).toThrow(SyntaxError);
});

test.each(['-0', '1e400', '"\\n"', ' [ 1 , "\\u0041" ] ', 'null'])('%j is read as by JSON.parse', (json) => {
  expect(parseJson(json)).toEqual(JSON.parse(json));
  deepStrictEqual(parseJson(`{"\\u0041":${json}}`), { A: JSON.parse(json) });
});

test('any depth is read', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(() => parseJson(`{"\\n":${deep}}`)).not.toThrow();
});

/** Keys that Node 24 and 26 take for the first of their row, once that was read at the same place. */
const rows = [
  ['\\\\', '\\n', '\\"', '\\u0041', '\\ud800'],
  ['\\\\n', '\\nX', '\\n\\n'],
  ['te\\\\u0', 'te\\u0041bc'],
].map((keys, at) => keys.map((key) => ({ key, record: `{"of row ${at}":"","${key}":1}` })));

describe.each(rows)('a record with the key %j, and those that could be taken for it', (...others) => {
  const identityOf = (record: string): string => {
    const post = `{"uri":"","text":"","author":"did:plc:a","indexed_at":"","raw_record":${record}}`;
    const parsed = parseMatch(`{"subscription_id":"s","post":${post}}`);
    if ('malformed' in parsed) throw new Error(parsed.malformed);
    return parsed.match.identity;
  };
  const all = others.map(({ record }) => record);

  test('are posts of their own, before and after', () => {
    const identities = all.map(identityOf);
    expect(new Set(identities).size).toBe(all.length);
    expect(all.toReversed().map(identityOf).toReversed()).toEqual(identities);
  });

  test('have CIDs of their own: none proves the other', () => {
    const wellFormed = all.filter((record) => !record.includes('\\ud800'));
    const cids = wellFormed.map((record) => cidOf(parseJson(record) as object));
    expect(cids).not.toContain(undefined);
    expect(new Set(cids).size).toBe(wellFormed.length);
  });
});
