/** What the Redis of the other tests does not show: servers that do not count, and those whose count passes over what is gone. */
import { expect, test } from 'vitest';
import { type Account, settle } from '../../src/pump/account.ts';
import type { Look } from '../../src/stream/look.ts';

const id = (n: number) => `${1_000 + n}-0`;
/** A stream of the entries `first` to `last`, read up to `delivered`. */
const look = (
  delivered: number,
  first: number | undefined,
  last: number,
  more: Partial<Look> = {},
): Look => ({
  delivered: delivered ? id(delivered) : '0-0',
  first: first === undefined ? undefined : id(first),
  last: id(last),
  length: first === undefined ? 0 : last - first + 1,
  ...more,
});
/** Redis 6.2 does not count. */
const after = (...looks: Look[]): Account =>
  looks.reduce<Account | undefined>((account, one) => settle(account, one).account, undefined)!;

test('without counts: a stream whose oldest entry has passed what was read is said to have lost some, once', () => {
  const { account, gap } = settle(after(look(10, 1, 10)), look(10, 15, 20));
  expect(gap).toEqual({ after: id(10), to: '1014-18446744073709551615', entries: undefined });
  expect(settle(account, look(10, 15, 20)).gap).toBeUndefined();
  expect(settle(account, look(20, 15, 20)).gap).toBeUndefined();
});

test('without counts: all of it gone', () => {
  expect(settle(after(look(10, 1, 10)), look(10, undefined, 20)).gap).toMatchObject({
    after: id(10),
    to: id(20),
  });
});

test.each<[string, Look[]]>([
  ['a first start on a stream that was trimmed', [look(0, 15, 20), look(20, 15, 20)]],
  [
    'what was read trimmed by us, up to the last one read',
    [look(10, 1, 10), look(10, 10, 12), look(12, 12, 12)],
  ],
  [
    'all of it read, then trimmed, then more of it',
    [look(10, 1, 10), look(10, undefined, 10), look(10, 11, 11)],
  ],
  ['read again from an earlier place', [look(10, 1, 10), look(3, 1, 12), look(12, 5, 12)]],
  ['another stream in its place', [look(10, 1, 10), look(0, 1, 4), look(4, 1, 4)]],
])('without counts, no loss: %s', (_, looks) => {
  let account: Account | undefined;
  for (const one of looks) {
    const found = settle(account, one);
    expect(found.gap).toBeUndefined();
    account = found.account;
  }
});

test('a count that passes over what is gone, as of Redis 7.2: by what the pump read itself nothing is counted twice or missed', () => {
  const counted = (delivered: number, first: number, last: number) =>
    look(delivered, first, last, { added: last, reads: delivered });
  let account = after(counted(10, 1, 10));
  let lost = 0;
  let own: { last: string; entries: number } | undefined;
  // Each time some are gone unread, and four or five of the others are read.
  for (const [delivered, first, last] of [
    [10, 16, 20],
    [19, 26, 30],
    [29, 36, 40],
    [40, 36, 40],
  ] as const) {
    const found = settle(account, counted(delivered, first, last), own);
    lost += found.gap?.entries ?? 0;
    account = found.account;
    own = { last: id(first + 3), entries: 4 };
    if (first === 36) own = { last: id(40), entries: 5 };
  }
  expect(lost).toBe(5 + 6 + 6);
});
