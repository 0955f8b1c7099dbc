import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareIds } from '../../../queues/index.ts';
import { decimalId, hasItemId, longId, streamIdOf, timestampUsec } from '../../../src/web/greader/ids.ts';

const anyMs = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 42 - 1 }),
  fc.integer({ min: 1e12, max: 2 ** 42 - 1 }),
  fc.constantFrom(0, 1, 1e12 - 1, 1e12, 2 ** 42 - 1),
);
const anyNumber = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 20 - 1 }),
  fc.integer({ min: 0, max: 1_100 }),
  fc.constantFrom(0, 999, 1_000, 2 ** 20 - 1),
);
const anyId = fc.tuple(anyMs, anyNumber).map(([ms, number]) => `${ms}-${number}`);
/** Of 2001 and later, as Redis stamps them. */
const usualId = fc
  .tuple(fc.integer({ min: 1e12, max: Math.floor(2 ** 53 / 1_000) - 1 }), fc.integer({ min: 0, max: 999 }))
  .map(([ms, number]) => `${ms}-${number}`);

test('an id comes back from each form a client may send, and no two entries share one', () => {
  fc.assert(
    fc.property(anyId, anyId, (id, other) => {
      const decimal = decimalId(id);
      const value = BigInt(decimal);
      expect(value > 0n && value < 2n ** 63n).toBe(true);
      const long = longId(id);
      expect(long).toMatch(/^tag:google\.com,2005:reader\/item\/[0-9a-f]{16}$/);
      const digits = value.toString(16);
      for (const form of [
        decimal,
        long,
        long.slice(0, -16) + digits,
        long.slice(0, -16) + digits.toUpperCase(),
        `-/${digits}`,
      ])
        expect(streamIdOf(form), form).toBe(id);
      if (id !== other) expect(decimalId(other)).not.toBe(decimal);
    }),
  );
});

test('usual ids have 16 digits either way, fit a number, keep their order, and are microseconds', () => {
  fc.assert(
    fc.property(usualId, usualId, (id, other) => {
      const decimal = decimalId(id);
      expect(decimal).toMatch(/^\d{16}$/);
      expect(Number.isSafeInteger(Number(decimal))).toBe(true);
      expect(timestampUsec(id)).toBe(decimal);
      expect(Math.sign(Number(decimal) - Number(decimalId(other)))).toBe(Math.sign(compareIds(id, other)));
      const bare = BigInt(decimal).toString(16).padStart(16, '0');
      expect(bare[0]).toBe('0');
      expect(streamIdOf(bare)).toBe(id);
      expect(streamIdOf(bare.toUpperCase())).toBe(id);
    }),
  );
});

test('the corners: where usual ids end, the largest, and entries that have no id', () => {
  expect(decimalId('1704888000000-999')).toBe('1704888000000999');
  expect(decimalId('1704888000000-1000')).toBe(String(2n ** 62n + 1704888000000n * 2n ** 20n + 1000n));
  expect(timestampUsec('1704888000000-1000')).toBe('1704888000000999');
  expect(timestampUsec('0-1')).toBe('999');
  const largest = `${2 ** 42 - 1}-${2 ** 20 - 1}`;
  expect(decimalId('9999999999999-999')).toBe('9999999999999999');
  expect(streamIdOf(decimalId(largest))).toBe(largest);
  for (const [ms, number] of [
    [2 ** 44, 0],
    [1.7e12, 2 ** 20],
  ] as const)
    expect(hasItemId(ms, number)).toBe(false);
  expect(hasItemId(9_999_999_999_999, 999)).toBe(true);
});

test('whatever is no id of an item is none', () => {
  const alias = String(2n ** 62n + 1704888000000n * 2n ** 20n + 5n);
  for (const text of [
    '',
    '0',
    '-1',
    'x',
    '1.5',
    ' 1704888000000000',
    '0x1',
    '123',
    '999999999999999',
    '10000000000000000',
    '9223372036854775808',
    '18446744073709551615',
    '9'.repeat(100),
    alias,
    '60ff',
    'f'.repeat(16),
    '/',
    `tag:google.com,2005:reader/item/`,
    `tag:google.com,2005:reader/item/${'0'.repeat(17)}1`,
    'é'.repeat(16),
  ])
    expect(streamIdOf(text), text).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => void streamIdOf(text)));
});
