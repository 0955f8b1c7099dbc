import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { createInboxReader } from '../../src/inbox/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/inbox-writer.ts';
import { inboxKeys } from '../../src/redis/keys.ts';
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
const writer = (bounds = unbounded) => createInboxWriter(client, bounds);
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
  expect((await all()).total).toBe(0);
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

test('counts and flags follow a model over random reads, unreads, stars, marks and deliveries', async () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  const read = new Map<string, boolean>();
  const starred = new Set<string>();
  let posts = 0;
  for (let step = 0; step < 1_500; step += 1) {
    const ids = [...read.keys()];
    const some = Array.from({ length: 1 + random(3) }, () => ids[random(ids.length)] ?? '1-1');
    let unread: number | undefined;
    switch (random(6)) {
      case 0: {
        await writer().write([delivery(posts)]);
        posts += 1;
        read.set((await reader().page(inbox, { limit: 1 })).items[0]!.id, false);
        break;
      }
      case 1:
        unread = await reader().markRead(inbox, { ids: some });
        for (const id of some) if (read.has(id)) read.set(id, true);
        break;
      case 2:
        unread = await reader().markUnread(inbox, some);
        for (const id of some) if (read.has(id)) read.set(id, false);
        break;
      case 3: {
        const mark = some[0]!;
        if (random(8) > 0) break;
        unread = await reader().markRead(inbox, { upTo: mark });
        for (const id of ids) if (ids.indexOf(id) <= ids.indexOf(mark)) read.set(id, true);
        break;
      }
      default: {
        const on = random(2) === 0;
        expect(await reader().star(inbox, some[0]!, on)).toBe(read.has(some[0]!));
        if (read.has(some[0]!)) starred[on ? 'add' : 'delete'](some[0]!);
      }
    }
    if (unread !== undefined) expect(unread).toBe([...read.values()].filter((isRead) => !isRead).length);
  }
  const { items } = await all();
  expect(items.map(({ id, read, starred }) => [id, read, starred]).toReversed()).toEqual(
    [...read].map(([id, isRead]) => [id, isRead, starred.has(id)]),
  );
  const wanted = [...read].filter(([, isRead]) => !isRead).map(([id]) => id);
  const unread = await reader().page(inbox, { limit: 1_000, unread: true });
  expect(unread.items.map((item) => item.id).toReversed()).toEqual(wanted);
});
