/** What limits removed from an inbox: how much memory it takes to know, and that nothing comes back or is missed. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Delivery } from '../../processors/index.ts';
import { parseMatch } from '../../queues/index.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { arePresent } from '../../src/inbox/read/presence.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { booksKeys, inboxKeys, upgradedAtKey } from '../../src/redis/keys.ts';
import { madeUpPosts } from '../../src/simulator/made-up-posts.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const HOUR_MS = 3_600_000;
const REMEMBER_MS = 48 * HOUR_MS;
const inbox = 'ann';
const keys = inboxKeys(inbox);
const limits = { maxItems: 100, maxAgeMs: 0, seenWindowMs: REMEMBER_MS };

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  client = redis.client();
});
beforeEach(() => client.flushall());
afterAll(() => redis.stop());

const writer = (changed: Partial<typeof limits> = {}) => createInboxWriter(client, { ...limits, ...changed });
const summary = () => createInboxReader(client).summary(inbox);

function matchOf(n: number) {
  const parsed = parseMatch(wire(makeMatch('cats', n, { emptyRkey: true })));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return parsed.match;
}
async function write(from: number, to: number, by = writer(), atOnce = 200): Promise<Set<unknown>> {
  const results = new Set<unknown>();
  for (let at = from; at < to; at += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, to - at) }, (_, n) => ({
      subscriber: inbox,
      match: matchOf(at + n),
      result: undefined,
    }));
    await by.write(some);
    for (const { result } of some) results.add(result);
  }
  return results;
}
const missing = async (from: number, to: number) => {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  const wanted = numbers.map((n) => ({ subscriber: inbox, match: matchOf(n) }));
  const present = await arePresent(client, wanted);
  return numbers.filter((_, at) => !present[at]);
};
const bytesOf = async (key: string) => (await client.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
const delivered = new Set(['delivered']);
const duplicate = new Set(['duplicate']);

/** Lets time pass for what was removed, as far as it is remembered at all: the unit of a record, and the unit of the last cleaning. */
async function age(hours: number): Promise<void> {
  const units = hours / 2;
  const [buckets, records, cursor, cleaned] = (await client.hget(keys.state, 'removed'))!.split(' ');
  await client.hset(
    keys.state,
    'removed',
    [buckets, records, cursor, Number(cleaned) - units].join(' '),
    'next_sweep',
    0,
  );
  for (const [bucket, text] of Object.entries(await client.hgetallBuffer(keys.removed))) {
    for (let at = 9; at < text.length; at += 11)
      text.writeUInt16BE((text.readUInt16BE(at) - units + 65_536) % 65_536, at);
    await client.hset(keys.removed, bucket, text);
  }
}

test.each([1_000, 20_000])(
  '%i removed posts take at most 16 bytes each, and none comes back',
  async (count) => {
    expect(await write(0, count + 100)).toEqual(delivered);
    expect(await client.hlen(keys.seen)).toBe(100);
    expect(await client.exists(keys.gone)).toBe(0);
    expect((await bytesOf(keys.removed)) / count).toBeLessThanOrEqual(16);
    expect(await write(0, count + 100)).toEqual(duplicate);
    expect(await summary()).toMatchObject({ total: 100, unread: 100, gap: { unread: count } });
  },
);

test('an inbox at its limit takes at most 35 % more than a fresh one, after twenty times as many matches', {
  timeout: 120_000,
}, async () => {
  const by = writer({ maxItems: 1_000 });
  const total = async () => {
    const all = await client.keys('inbox:*');
    return (await Promise.all(all.map(bytesOf))).reduce((sum, bytes) => sum + bytes, 0);
  };
  let fresh = 0;
  let sent = 0;
  let some: Delivery[] = [];
  for (const { uri, ...post } of madeUpPosts(1)) {
    const author = uri.slice(0, uri.lastIndexOf('/') + 1);
    const parsed = parseMatch(
      JSON.stringify({ subscription_id: 'cats', match_score: 1, post: { ...post, uri: author } }),
    );
    if (!('match' in parsed)) throw new Error(parsed.malformed);
    some.push({ subscriber: inbox, match: parsed.match });
    sent += 1;
    if (sent % 20) continue;
    await by.write(some);
    some = [];
    if (sent === 1_000) fresh = await total();
    if (sent === 20_000) break;
  }
  expect(await summary()).toMatchObject({ total: 1_000 });
  expect((await total()) / fresh).toBeLessThanOrEqual(1.35);
});

test('a post older than what a limit removed, and never shown, is delivered', async () => {
  await write(1_000, 3_000);
  expect(await write(0, 50)).toEqual(delivered);
  expect(await write(1_000, 2_000)).toEqual(duplicate);
});

test('what a limit removed is told from what is missing', async () => {
  await write(0, 300);
  await client.xdel(keys.items, (await client.xrange(keys.items, '-', '+', 'COUNT', 1))[0]![0]);
  expect(await missing(0, 302)).toEqual([200, 300, 301]);
});

test('what was removed is forgotten after its time, and then takes no memory', {
  timeout: 60_000,
}, async () => {
  await write(0, 5_100);
  await age(46);
  await write(5_100, 5_101);
  expect(await missing(0, 5_101)).toEqual([]);
  await write(5_101, 10_000);
  await age(8);
  const before = await bytesOf(keys.removed);
  await write(10_000, 10_001);
  const forgotten = await missing(0, 10_001);
  expect(forgotten).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
  expect(await bytesOf(keys.removed)).toBeLessThan(before * 0.6);
  expect((await bytesOf(keys.removed)) / 4_901).toBeLessThanOrEqual(16);
  await age(60);
  await write(10_001, 10_003);
  await write(10_003, 10_005);
  await write(10_005, 10_006);
  expect((await client.hget(keys.state, 'removed'))!.split(' ').slice(0, 3)).toEqual(['1', '5', '0']);
});

test('the memory of an inbox in which nothing more is removed expires', async () => {
  await write(0, 300);
  expect(await client.pttl(keys.removed)).toBeGreaterThan(REMEMBER_MS);
  expect(await client.pttl(keys.removed)).toBeLessThan(REMEMBER_MS + 4 * HOUR_MS + 1);
  await client.del(keys.removed);
  await write(300, 310);
  expect(await missing(200, 310)).toEqual([]);
  expect((await client.hget(keys.state, 'removed'))!.split(' ').slice(0, 2)).toEqual(['1', '10']);
});

test('a memory of another type refuses the inbox, and changes nothing', async () => {
  await write(0, 300);
  await client.set(keys.removed, 'another type');
  expect(await write(300, 301)).toEqual(
    new Set([{ refused: expect.stringMatching(/WRONGTYPE .*:removed is a string/) }]),
  );
  expect(await client.xlen(keys.items)).toBe(100);
});

test('beside an earlier version what is removed is remembered as it knows it; afterwards all is converted', async () => {
  await client.hset(booksKeys('matches').books, 'read', 10, 'delivered', 10);
  await write(0, 1_000);
  expect(await client.zcard(keys.gone)).toBe(900);
  expect(await client.hlen(keys.seen)).toBe(1_000);
  expect(await client.exists(keys.removed)).toBe(0);
  expect(await write(0, 1_000)).toEqual(duplicate);
  await client.set(upgradedAtKey, Number(await client.get(upgradedAtKey)) - REMEMBER_MS - 1);
  await write(1_000, 1_002, writer(), 1);
  expect(await client.exists(keys.gone)).toBe(0);
  expect(await client.hlen(keys.seen)).toBe(100);
  expect(await missing(0, 1_003)).toEqual([1_002]);
  expect(await write(0, 1_000)).toEqual(duplicate);
  expect(await summary()).toMatchObject({ total: 100, unread: 100, gap: { unread: 902 } });
});
