import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Delivery } from '../../processors/index.ts';
import { parseMatch } from '../../queues/index.ts';
import { createInboxReader, type Page, type PageQuery } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { inboxKeys, postKey } from '../../src/redis/keys.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
let inbox: string;
let run = 0;
beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
});
beforeEach(() => {
  run += 1;
  inbox = `reader-${run}`;
});
afterAll(() => redis.stop());

const HOUR_MS = 3_600_000;
const unbounded = { maxItems: 0, maxAgeMs: 0, seenWindowMs: HOUR_MS };
/** Its `write` returns the results, in order. */
function writer(bounds = unbounded) {
  const inboxes = createInboxWriter(client, bounds);
  return {
    async write(sent: readonly Delivery[]) {
      await inboxes.write(sent);
      return sent.map(({ result }) => result);
    },
  };
}
const reader = () => createInboxReader(client);

function delivery(n: number, subscription = 'cats', subscriber = inbox) {
  const parsed = parseMatch(wire(makeMatch(subscription, n, { emptyRkey: true })));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return { subscriber, match: parsed.match };
}
const deliveries = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => delivery(from + n));
const all = () => reader().page(inbox, { limit: 1_000 });

test('a post stands in an inbox once, however often it comes', async () => {
  expect(await writer().write([delivery(1), delivery(2), delivery(1)])).toEqual([
    'delivered',
    'delivered',
    'duplicate',
  ]);
  expect(await writer().write([delivery(2)])).toEqual(['duplicate']);
  const page = await all();
  expect(page).toMatchObject({ total: 2, unread: 2, next: null, gap: null });
  expect(page.items.map((item) => item.postJson)).toEqual([2, 1].map((n) => delivery(n).match.postJson));
});

test('a second subscription that matches a post stands beside the first', async () => {
  await writer().write([delivery(1)]);
  expect(
    await writer().write([delivery(1, 'dogs'), delivery(1, 'dogs'), delivery(1, 'cats'), delivery(1, '"d')]),
  ).toEqual(['merged', 'duplicate', 'duplicate', 'merged']);
  const { items, unread } = await all();
  expect(unread).toBe(1);
  expect(items[0]?.matchedBy.map((match) => match.subscription_id)).toEqual(['cats', 'dogs', '"d']);
  expect((await reader().page(inbox, { limit: 5, subscription: 'dogs' })).items).toHaveLength(1);
  expect((await reader().page(inbox, { limit: 5, subscription: 'dog' })).items).toHaveLength(0);
});

test('what comes in one call is compared with what came before it in the same call', async () => {
  const sent = [delivery(1), delivery(1, 'dogs'), delivery(1, 'dogs'), delivery(2, 'birds'), delivery(1)];
  const results = ['delivered', 'merged', 'duplicate', 'delivered', 'duplicate'];
  expect(await writer().write(sent)).toEqual(results);
  const { items, unread } = await all();
  expect(unread).toBe(2);
  expect(items[1]?.matchedBy.map((match) => match.subscription_id)).toEqual(['cats', 'dogs']);
});

test('a key of another type beside the items leaves the inbox as it was', async () => {
  await client.set(inboxKeys(inbox).seen, 'not a hash');
  expect(await writer().write([delivery(1)])).toEqual([
    { refused: expect.stringContaining('WRONGTYPE') as string },
  ]);
  expect(await client.xlen(inboxKeys(inbox).items)).toBe(0);
});

test('a key of another type refuses this inbox and no other', async () => {
  await client.set(inboxKeys(inbox).items, 'not a stream');
  const [refused, delivered] = await writer().write([delivery(1), delivery(1, 'cats', 'somebody-else')]);
  expect(refused).toEqual({ refused: expect.stringContaining('is a string, not a stream') as string });
  expect(delivered).toBe('delivered');
});

test('a name that makes no key is refused', async () => {
  const names = ['', 'x'.repeat(513), '\ud800'];
  const results = await writer().write(names.map((name) => delivery(1, 'cats', name)));
  expect(results.every((result) => typeof result === 'object')).toBe(true);
});

test('a name never breaks out of its braces', async () => {
  const names = ['a}:seen', '{b}', 'c\nd', '*', 'é/ü', "it's (a) *test*!", 'x'.repeat(512)];
  await writer().write(names.map((name) => delivery(1, 'cats', name)));
  const keys = (await client.keys('inbox:*')).filter((key) => key.endsWith('}'));
  for (const key of keys) expect(key).toMatch(/^inbox:\{[A-Za-z0-9\-._~:@%]+\}$/);
  expect(keys).toContain('inbox:{a%7D:seen}');
});

test('ids increase and pages cover every item once, from both ends', async () => {
  await writer().write(deliveries(0, 25));
  const newestFirst: string[] = [];
  for (let before: string | undefined; ; ) {
    const page = await reader().page(inbox, { limit: 10, before });
    newestFirst.push(...page.items.map((item) => item.id));
    if (page.next === null) break;
    before = page.next;
  }
  expect(newestFirst).toHaveLength(25);
  const oldestFirst: string[] = [];
  for (let after = '0-0'; ; ) {
    const page = await reader().page(inbox, { limit: 10, after });
    oldestFirst.push(...page.items.map((item) => item.id));
    if (page.next === null) break;
    after = page.next;
  }
  expect(oldestFirst.toReversed()).toEqual(newestFirst);
  expect(new Set(newestFirst).size).toBe(25);
});

test('a full inbox loses its oldest items, counts the unread ones, and does not take them back', async () => {
  const bounded = { ...unbounded, maxItems: 5 };
  await writer(bounded).write(deliveries(0, 3));
  const first = (await all()).items.at(-1)!;
  await reader().markRead(inbox, { ids: [first.id] });
  await writer(bounded).write(deliveries(3, 8));
  const page = await all();
  expect(page).toMatchObject({ total: 5, unread: 5, gap: { unread: 2 } });
  expect(await writer(bounded).write([delivery(0)])).toEqual(['duplicate']);
  expect((await all()).total).toBe(5);
});

test('an item past its age goes with the next write', async () => {
  const keys = inboxKeys(inbox);
  const old = delivery(0);
  await client.xadd(
    keys.items,
    '1000-0',
    'post',
    old.match.postJson,
    'matched_by',
    '{}',
    'identity',
    old.match.identity,
  );
  await client.hset(keys.seen, old.match.identity, '1000-0');
  await client.hset(keys.state, 'unread', 1);
  await writer({ ...unbounded, maxAgeMs: HOUR_MS }).write([delivery(1)]);
  expect(await all()).toMatchObject({ total: 1, unread: 1, gap: { unread: 1, until: '1000-0' } });
  expect(await client.hexists(keys.seen, old.match.identity)).toBe(0);
});

test('an item deleted behind our back comes again, and the count stays right', async () => {
  await writer().write(deliveries(0, 3));
  const { items } = await all();
  await reader().markRead(inbox, { ids: [items[0]!.id] });
  await client.xdel(inboxKeys(inbox).items, items[1]!.id, items[0]!.id);
  expect(await writer().write(deliveries(0, 3))).toEqual(['duplicate', 'delivered', 'delivered']);
  expect(await all()).toMatchObject({ total: 3, unread: 3 });
});

test('a page of large posts ends early and goes on at its cursor; an entry of somebody else is no item', async () => {
  const large = Array.from({ length: 12 }, (_, n) => {
    const one = delivery(n);
    return { ...one, match: { ...one.match, postJson: JSON.stringify('x'.repeat(1_000_000)) } };
  });
  await writer().write(large);
  await client.xadd(inboxKeys(inbox).items, '*', 'alien', '1');
  const first = await reader().page(inbox, { limit: 100 });
  expect(first.items).toHaveLength(8);
  const second = await reader().page(inbox, { limit: 100, before: first.next! });
  expect(second.items).toHaveLength(4);
  expect(second.next).toBeNull();
});

test('reading up to a mark leaves what comes later unread', async () => {
  await writer().write(deliveries(0, 10));
  const ids = (await all()).items.map((item) => item.id).toReversed();
  expect(await reader().markRead(inbox, { upTo: ids[5]! })).toBe(4);
  expect(await reader().markUnread(inbox, [ids[2]!, ids[2]!, '1-1'])).toBe(5);
  expect(await reader().markRead(inbox, { upTo: '99999999999999-0' })).toBe(0);
  await writer().write([delivery(20)]);
  const page = await reader().page(inbox, { limit: 50, unread: true });
  expect(page.unread).toBe(1);
  expect(page.items).toHaveLength(1);
});

test('items that somebody else took out of the stream leave the counts and stand in the gap if they were unread', async () => {
  await writer().write(deliveries(0, 600));
  const ids = (await all()).items.map((item) => item.id).toReversed();
  await reader().markRead(inbox, { upTo: ids[99]! });
  await reader().markUnread(inbox, [ids[3]!]);
  await reader().star(inbox, ids[500]!, true);
  await client.xtrim(inboxKeys(inbox).items, 'MAXLEN', 99);
  expect(await reader().summary(inbox)).toEqual({
    total: 99,
    unread: 99,
    oldest: ids[501],
    newest: ids[599],
    gap: { unread: 402, until: ids[500] },
  });
  expect(await client.zcard(inboxKeys(inbox).starred)).toBe(0);
  await client.xdel(inboxKeys(inbox).items, ids[599]!);
  expect(await all()).toMatchObject({ total: 98, unread: 98, gap: { unread: 403, until: ids[599] } });
  await client.del(inboxKeys(inbox).items);
  expect(await reader().summary(inbox)).toMatchObject({ total: 0, unread: 0, gap: { unread: 501 } });
});

test('a post that is kept once for all inboxes is filled in; one that is no longer kept leaves an item without it', async () => {
  const bodies = [1, 2, 3].map((n) => delivery(n).match);
  for (const { identity } of bodies) {
    const match = '{"subscription_id":"cats","match_score":1}';
    await client.xadd(inboxKeys(inbox).items, '*', 'post', '', 'matched_by', match, 'identity', identity);
  }
  await client.mset(
    ...[bodies[0]!, bodies[2]!].flatMap((body) => [postKey(body.identity), body.postJson] as const),
  );
  await writer().write([delivery(4)]);
  const { items } = await reader().page(inbox, { limit: 10, after: '0-0' });
  expect(items.map((item) => item.postJson)).toEqual([
    bodies[0]!.postJson,
    '',
    bodies[2]!.postJson,
    delivery(4).match.postJson,
  ]);
  expect(items.map((item) => item.identity)).toEqual([
    ...bodies.map((body) => body.identity),
    delivery(4).match.identity,
  ]);
});

test('a page of large posts that are kept once ends early too, and no post is left out', async () => {
  const body = JSON.stringify('x'.repeat(3_000_000));
  for (let n = 0; n < 7; n += 1) {
    const match = '{"subscription_id":"cats","match_score":1}';
    const fields = ['post', '', 'matched_by', match, 'identity', `large-${n}`];
    await client.xadd(inboxKeys(inbox).items, '*', ...fields);
    await client.set(postKey(`large-${n}`), body);
  }
  const sizes: number[] = [];
  const found: string[] = [];
  for (let after: string | null = '0-0'; after !== null; ) {
    const page: Page = await reader().page(inbox, { limit: 100, after });
    sizes.push(page.items.length);
    found.push(...page.items.map((item) => item.identity));
    expect(page.items.every((item) => item.postJson === body)).toBe(true);
    after = page.next;
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
  expect(found).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `large-${n}`));
});

test('sinceMs leaves out what was delivered earlier, in both directions', async () => {
  const match = '{"subscription_id":"cats","match_score":1}';
  for (const id of ['1000-0', '2000-0', '2000-1', '3000-0']) {
    await client.xadd(inboxKeys(inbox).items, id, 'post', '{}', 'matched_by', match, 'identity', id);
  }
  const ids = async (query: Omit<PageQuery, 'limit'>) =>
    (await reader().page(inbox, { limit: 10, ...query })).items.map((item) => item.id);
  expect(await ids({ sinceMs: 2000 })).toEqual(['3000-0', '2000-1', '2000-0']);
  expect(await ids({ sinceMs: 2001 })).toEqual(['3000-0']);
  expect(await ids({ sinceMs: 2000, before: '2000-1' })).toEqual(['2000-0']);
  expect(await ids({ sinceMs: 2000, after: '0-0' })).toEqual(['2000-0', '2000-1', '3000-0']);
  expect(await ids({ sinceMs: 1000, after: '2000-0' })).toEqual(['2000-1', '3000-0']);
  expect(await ids({ sinceMs: 3001, after: '0-0' })).toEqual([]);
  const page = await reader().page(inbox, { limit: 1, sinceMs: 2000, after: '0-0' });
  expect(page).toMatchObject({ next: '2000-0' });
});
