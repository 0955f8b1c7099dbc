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

test.each(['read', 'unread', 'starred', 'gone'] as const)(
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
