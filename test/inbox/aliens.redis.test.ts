/** Entries that another program added to an inbox's stream are no items, and a gap never becomes shorter. */
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
const inbox = 'ann';
const keys = inboxKeys(inbox);
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  client = redis.client();
});
beforeEach(() => client.flushall());
afterAll(() => redis.stop());

const writer = (maxItems = 0) =>
  createInboxWriter(client, { maxItems, maxAgeMs: 0, seenWindowMs: 3_600_000 });
const reader = () => createInboxReader(client);
const deliveries = (from: number, to: number): Delivery[] =>
  Array.from({ length: to - from }, (_, n) => {
    const parsed = parseMatch(wire(makeMatch('cats', from + n, { emptyRkey: true })));
    if (!('match' in parsed)) throw new Error(parsed.malformed);
    return { subscriber: inbox, match: parsed.match };
  });
const ids = async () =>
  (await reader().page(inbox, { limit: 1_000, after: '0-0' })).items.map(({ id }) => id);

async function withAlien(): Promise<string> {
  await writer().write(deliveries(0, 3));
  const alien = await client.xadd(keys.items, '*', 'title', 'x', 'note', 'y', 'z', 'stranger');
  await writer().write(deliveries(3, 6));
  return alien!;
}

test('an entry of another program is never read, unread or starred', async () => {
  const alien = await withAlien();
  expect(await reader().markRead(inbox, { ids: [alien] })).toBe(6);
  expect(await reader().markUnread(inbox, [alien])).toBe(6);
  expect(await reader().star(inbox, alien, true)).toBe(false);
  expect(await client.exists(keys.read, keys.unread, keys.starred)).toBe(0);
});

test('reading up to an item does not count an entry of another program before it', async () => {
  await withAlien();
  const all = await ids();
  expect(await reader().markRead(inbox, { upTo: all[4]! })).toBe(1);
  expect(await reader().markRead(inbox, { upTo: all[5]! })).toBe(0);
});

test('a limit removes an entry of another program without counting it', async () => {
  await withAlien();
  await writer(4).write(deliveries(6, 7));
  const summary = await reader().summary(inbox);
  expect(summary).toMatchObject({ total: 4, unread: 4, gap: { unread: 3 } });
  expect((await client.hget(keys.state, 'removed'))!.split(' ')[1]).toBe('3');
  expect(await client.hlen(keys.seen)).toBe(4);
});

test('an inbox is counted again without the entries of another program', async () => {
  await withAlien();
  await client.hset(keys.state, 'unread', -3);
  expect(await reader().summary(inbox)).toMatchObject({ unread: 6 });
  expect(await reader().markRead(inbox, { ids: await ids() })).toBe(0);
});

test('the end of the gap never moves back', async () => {
  await writer().write(deliveries(0, 10));
  const all = await ids();
  await client.xdel(keys.items, all[8]!);
  expect((await reader().summary(inbox)).gap).toEqual({ unread: 1, until: all[8] });
  await writer(5).write(deliveries(10, 11));
  expect(await reader().summary(inbox)).toMatchObject({ total: 5, gap: { unread: 6, until: all[8] } });
});
