import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, memberText } from '../../queues/json-text.ts';

/** Short keys of few letters meet each other and themselves; the others hold anything. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', '{', ' '), maxLength: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', '', '\ud800'),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, '', '}', ']"', '\\', '\\"', ',', '{"a":1}'),
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((members) => new Members(members)),
  ),
}));

/** The members of an object in their order, a key perhaps twice: more than a JavaScript object can say. */
class Members {
  readonly list: readonly [string, unknown][];
  constructor(list: readonly [string, unknown][]) {
    this.list = list;
  }
}

function write(value: unknown, space: () => string): string {
  const inner = (): string => {
    if (value instanceof Members) {
      const members = value.list.map(
        ([name, member]) => `${space()}${JSON.stringify(name)}${space()}:${write(member, space)}`,
      );
      return `{${members.join(',') || space()}}`;
    }
    if (Array.isArray(value)) return `[${value.map((member) => write(member, space)).join(',') || space()}]`;
    return JSON.stringify(value);
  };
  return `${space()}${inner()}${space()}`;
}

const object = fc.array(fc.tuple(key, value), { maxLength: 6 }).map((list) => new Members(list));
const noSpace = () => '';
const whitespace = fc.infiniteStream(
  fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 }),
);

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
        const parsed = new Map(Object.entries(JSON.parse(json) as object));
        expect(parsed.size).toBe(new Map(members.list).size);
        for (const [name, member] of parsed) {
          const found = memberText(json, name)!;
          expect(found).toBe(found.trim());
          expect(JSON.parse(found)).toEqual(member);
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
          expect(JSON.parse(memberText(json, name)!)).toEqual(JSON.parse(JSON.stringify(member)));
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
