import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  before,
  canonicalId,
  compareIds,
  earlier,
  FIRST_ID,
  idPattern,
  isBefore,
  LAST_ID,
  laterId,
  oldestOf,
  openIdPattern,
  timeMsOf,
} from '../../queues/index.ts';

const most = 2n ** 64n - 1n;
// Small ones too, so that parts are often alike.
const part = fc.oneof(fc.bigInt(0n, most), fc.bigInt(0n, 101n));
const parts = fc.tuple(part, part);
const idOf = ([ms, number]: [bigint, bigint]): string => `${ms}-${number}`;
const signOf = ([aMs, aNumber]: [bigint, bigint], [bMs, bNumber]: [bigint, bigint]): number => {
  const difference = aMs - bMs || aNumber - bNumber;
  return difference < 0n ? -1 : Number(difference > 0n);
};

test('ids compare as their two numbers do', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      expect(Math.sign(compareIds(idOf(a), idOf(b)))).toBe(signOf(a, b));
      expect(isBefore(idOf(a), idOf(b))).toBe(signOf(a, b) < 0);
      expect(laterId(idOf(a), idOf(b))).toBe(signOf(a, b) < 0 ? idOf(b) : idOf(a));
    }),
  );
});

test('the oldest of many is the first of them in order', () => {
  fc.assert(
    fc.property(fc.array(parts), (many) => {
      const ids = many.map(idOf);
      expect(oldestOf(ids)).toBe([...ids].sort(compareIds)[0]);
    }),
  );
});

test('nothing lies between an id and the one before it', () => {
  const asNumber = (id: string): bigint => {
    const [ms = 0n, number = 0n] = id.split('-').map(BigInt);
    return ms * 2n ** 64n + number;
  };
  fc.assert(
    fc.property(parts, (id) => {
      if (idOf(id) !== FIRST_ID) expect(asNumber(before(idOf(id)))).toBe(asNumber(idOf(id)) - 1n);
    }),
  );
  expect(before(FIRST_ID)).toBe(FIRST_ID);
});

test('earlier goes back in time, to the beginning at the most', () => {
  expect(earlier('1704888000000-7', 60_000)).toBe('1704887940000-0');
  expect(earlier('59999-7', 60_000)).toBe(FIRST_ID);
  expect(earlier(LAST_ID, 1)).toBe('18446744073709551614-0');
});

test('one form of an id is canonical, in every other it is the same id', () => {
  fc.assert(
    fc.property(parts, fc.nat(3), (id, zeros) => {
      const [ms, number] = id.map((one) => `${one}`.padStart(Math.min(20, `${one}`.length + zeros), '0'));
      expect(canonicalId(`${ms}-${number}`)).toBe(idOf(id));
      expect(canonicalId(idOf(id))).toBe(idOf(id));
    }),
  );
  expect(canonicalId('07')).toBe('7-0');
  expect(canonicalId('07', 'last')).toBe('7-18446744073709551615');
});

test.each([
  '',
  '-',
  '+',
  '1-',
  '-1',
  '1-2-3',
  '$',
  'a-b',
  ' 1-1',
  '18446744073709551616-0',
  '0-18446744073709551616',
])('%o is no id', (text) => {
  expect(canonicalId(text)).toBeUndefined();
});

test('a pattern takes ids, or a millisecond too', () => {
  for (const [text, isId, isOpen] of [
    ['1-1', true, true],
    ['1', false, true],
    ['1-', false, false],
  ] as const) {
    expect([idPattern.test(text), openIdPattern.test(text)]).toEqual([isId, isOpen]);
  }
});

test('a time is one that a Date can be', () => {
  expect(timeMsOf('1704888000000-7')).toBe(1_704_888_000_000);
  expect(new Date(timeMsOf(LAST_ID)).getTime()).toBe(8.64e15);
});
