import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, memberText } from '../../queues/json-text.ts';
import { parseJson } from '../../queues/parse-json.ts';
import { key, meaningOf, noSpace, object, whitespace, write } from '../fixtures/json-objects.ts';

describe('the text of a member', () => {
  test('of any object, for any of its keys, is what was written there last', () => {
    fc.assert(
      fc.property(object, (members) => {
        const json = write(members, noSpace);
        for (const [name, member] of new Map(members.list))
          expect(memberText(json, name)).toBe(write(member, noSpace));
      }),
      { numRuns: 2_000 },
    );
  });

  test('with whitespace anywhere begins and ends with the value, and reads the same', () => {
    fc.assert(
      fc.property(object, whitespace, (members, spaces) => {
        const json = write(members, () => spaces.next().value);
        for (const [name, member] of new Map(members.list)) {
          const found = memberText(json, name)!;
          expect(found).toBe(found.trim());
          expect(parseJson(found)).toEqual(meaningOf(member));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('of a plain value as JSON.stringify writes it parses back to it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (plain) => {
        const json = JSON.stringify(plain);
        for (const [name, member] of Object.entries(plain))
          expect(parseJson(memberText(json, name)!)).toEqual(parseJson(JSON.stringify(member)));
      }),
    );
  });

  test('that is not there is undefined, whatever stands deeper', () => {
    fc.assert(
      fc.property(object, key, (members, name) => {
        fc.pre(!members.list.some(([known]) => known === name));
        expect(memberText(write(members, noSpace), name)).toBeUndefined();
      }),
    );
  });
});

const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('depth', () => {
  test('is taken up to the limit', () => {
    expect(memberText(nested(MAX_DEPTH), 'a')).toHaveLength(2 * MAX_DEPTH);
  });

  test.each([MAX_DEPTH + 1, 100_000])('of %i levels is refused without recursion', (levels) => {
    expect(() => memberText(nested(levels), 'a')).toThrow(RangeError);
  });

  test('counts levels, not brackets', () => {
    const wide = `{"a":[${'[],'.repeat(10_000)}[]]}`;
    expect(memberText(wide, 'a')).toBe(wide.slice(5, -1));
  });
});
