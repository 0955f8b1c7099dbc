/** Limits of an inbox: what they remove, what they count, and what happens when they cannot be applied. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Delivery } from '../../processors/index.ts';
import { parseMatch } from '../../queues/index.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { inboxKeys } from '../../src/redis/keys.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
let inbox: string;
let run = 0;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  client = redis.client();
});
beforeEach(() => {
  run += 1;
  inbox = `bounded-${run}`;
});
afterAll(() => redis.stop());

const unbounded = { maxItems: 0, maxAgeMs: 0, seenWindowMs: 3_600_000 };
let troubles: string[] = [];
beforeEach(() => {
  troubles = [];
});
const writer = (bounds: Partial<typeof unbounded> = {}) =>
  createInboxWriter(client, { ...unbounded, ...bounds }, (where, error) =>
    troubles.push(`${where}: ${error.message}`),
  );
const reader = () => createInboxReader(client);
const summary = () => reader().summary(inbox);

function delivery(n: number, subscriber = inbox): Delivery {
  const parsed = parseMatch(wire(makeMatch('cats', n, { emptyRkey: true })));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return { subscriber, match: parsed.match };
}
const deliveries = (from: number, to: number, subscriber = inbox) =>
  Array.from({ length: to - from }, (_, n) => delivery(from + n, subscriber));
const ids = async () =>
  (await reader().page(inbox, { limit: 1_000, after: '0-0' })).items.map(({ id }) => id);

test('an inbox far over a lowered limit shrinks to it, however large the batch, and a replay restores nothing', async () => {
  await writer().write(deliveries(0, 9_000));
  const others = Array.from({ length: 169 }, (_, n) => deliveries(9_000, 9_050, `other-${n}`)).flat();
  const lowered = writer({ maxItems: 100 });
  await lowered.write([...deliveries(9_000, 9_050), ...others]);
  expect(await summary()).toMatchObject({ total: 100, unread: 100, gap: { unread: 8_950 } });
  const replayed = deliveries(0, 200);
  await lowered.write(replayed);
  expect(new Set(replayed.map(({ result }) => result))).toEqual(new Set(['duplicate']));
  expect(await summary()).toMatchObject({ total: 100, unread: 100 });
  expect(troubles).toEqual([]);
});

test.each(['read', 'unread', 'starred', 'gone', 'removed'] as const)(
  'limits that cannot be applied are reported, and change nothing: a %s of another type',
  async (key) => {
    const keys = inboxKeys(inbox);
    await writer().write(deliveries(0, 10));
    await client.set(keys[key], 'another type');
    await writer({ maxItems: 5 }).write([delivery(10)]);
    expect(troubles).toEqual([
      expect.stringMatching(new RegExp(`${inbox}.*WRONGTYPE.*${key}.* is a string`)),
    ]);
    expect(await client.hget(keys.state, 'unread')).toBe('11');
    expect(await client.xlen(keys.items)).toBe(11);
    expect(await client.hget(keys.state, 'gap')).toBeNull();
  },
);

test.each([
  ['below zero', -25_600],
  ['too low, in an inbox never marked up to an item', 3],
  ['above the number of items', 900],
])('an unread count that an earlier version left wrong is right at the next read: %s', async (_, wrong) => {
  await writer().write(deliveries(0, 700));
  const all = await ids();
  await reader().markRead(inbox, { ids: all.slice(10, 20) });
  await client.hset(inboxKeys(inbox).state, 'unread', wrong);
  expect(await summary()).toMatchObject({ total: 700, unread: 690 });
  const page = await reader().page(inbox, { limit: 700, after: '0-0', unread: true });
  expect(page.items.map(({ id }) => id)).toEqual(all.toSpliced(10, 10));
  await writer().write(deliveries(700, 705));
  expect(await reader().markRead(inbox, { ids: [all[0]!] })).toBe(694);
  await client.hset(inboxKeys(inbox).state, 'unread', wrong - 2_000);
  expect(await reader().markUnread(inbox, [all[0]!])).toBe(695);
  expect(await reader().markRead(inbox, { upTo: all.at(-1)! })).toBe(5);
});

test('starred items stay whatever the limits say, do not count, and go once they are unstarred', async () => {
  const limited = writer({ maxItems: 5 });
  await limited.write(deliveries(0, 5));
  const first = await ids();
  for (const id of first.slice(0, 3)) await reader().star(inbox, id, true);
  for (let n = 5; n < 25; n += 1) await limited.write([delivery(n)]);
  const later = await ids();
  expect(later.slice(0, 3)).toEqual(first.slice(0, 3));
  expect(await summary()).toMatchObject({ total: 8, unread: 8, gap: { unread: 17 } });
  const { until } = (await summary()).gap!;
  await reader().star(inbox, first[1]!, false);
  await limited.write([delivery(25)]);
  expect((await ids()).slice(0, 3)).toEqual([first[0], first[2], later[4]]);
  // The item that went is older than others that went before it.
  expect(await summary()).toMatchObject({ total: 7, unread: 7, gap: { unread: 19 } });
  expect(BigInt((await summary()).gap!.until.replace('-', '00'))).toBeGreaterThan(
    BigInt(until.replace('-', '00')),
  );
  expect(await writeAgain(limited, 0, 26)).toEqual(new Set(['duplicate']));
  expect((await client.hget(inboxKeys(inbox).state, 'removed'))!.split(' ')[1]).toBe('19');
});

async function writeAgain(to: ReturnType<typeof writer>, from: number, end: number): Promise<Set<unknown>> {
  const again = deliveries(from, end);
  await to.write(again);
  return new Set(again.map(({ result }) => result));
}

test('a starred item outlives its age, and goes with the next look at the ages after it was unstarred', async () => {
  const keys = inboxKeys(inbox);
  for (const n of [1, 2]) {
    const { postJson, identity } = delivery(n).match;
    await client.xadd(
      keys.items,
      `${n}-0`,
      'post',
      postJson,
      'matched_by',
      '{"subscription_id":"cats","match_score":1}',
      'identity',
      identity,
    );
    await client.hset(keys.seen, identity, `${n}-0`);
  }
  await client.hset(keys.state, 'unread', 2);
  await reader().star(inbox, '1-0', true);
  const aging = writer({ maxAgeMs: 60_000 });
  await aging.write([delivery(3)]);
  expect(await summary()).toMatchObject({
    total: 2,
    unread: 2,
    oldest: '1-0',
    gap: { unread: 1, until: '2-0' },
  });
  expect(await writeAgain(aging, 1, 2)).toEqual(new Set(['duplicate']));
  await reader().star(inbox, '1-0', false);
  await client.hset(keys.state, 'next_sweep', 0);
  await aging.write([delivery(4)]);
  expect(await summary()).toMatchObject({ total: 2, unread: 2, gap: { unread: 2, until: '2-0' } });
});

test('limits are applied beyond thousands of starred items, and do not look at them every time', async () => {
  await writer().write(deliveries(0, 3_000));
  const { starred, items, state } = inboxKeys(inbox);
  const all = (await client.xrange(items, '-', '+')).map(([id]) => id);
  await client.zadd(starred, ...all.slice(0, 2_500).flatMap((id) => [Number.parseInt(id, 10), id]));
  const limited = writer({ maxItems: 100 });
  await limited.write([delivery(3_000)]);
  expect(await summary()).toMatchObject({
    total: 2_600,
    unread: 2_600,
    oldest: all[0],
    gap: { unread: 401 },
  });
  expect(await client.hget(state, 'starred_to')).toMatch(/^\d+ \d+$/);
  await reader().star(inbox, all[7]!, false);
  await limited.write([delivery(3_001)]);
  expect(await client.zcard(starred)).toBe(2_499);
  expect(await client.xrange(items, all[7]!, all[7]!)).toEqual([]);
  expect(await summary()).toMatchObject({ total: 2_599, unread: 2_599 });
});
