/** A post is its author and its record. In inboxes of earlier versions a uri with a record key was its identity. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { settleByFormer } from '../../src/inbox/former-identity.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { arePresent } from '../../src/inbox/read/presence.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { booksKeys, completedKey, inboxKeys, postKey, upgradedAtKey } from '../../src/redis/keys.ts';
import { makeMatch, type Overrides, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const REMEMBER_MS = 48 * 3_600_000;
const inbox = 'ann';
const keys = inboxKeys(inbox);

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  client = redis.client();
});
beforeEach(() => client.flushall());
afterAll(() => redis.stop());

const limits = { maxItems: 0, maxAgeMs: 0, seenWindowMs: REMEMBER_MS };
const writer = (changed: Partial<typeof limits> = {}) => createInboxWriter(client, { ...limits, ...changed });
const summary = () => createInboxReader(client).summary(inbox);

function matchOf(n: number, overrides: Overrides = {}, subscription = 'cats') {
  const parsed = parseMatch(wire(makeMatch(subscription, n, overrides)));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return parsed.match;
}
type Match = ReturnType<typeof matchOf>;
async function write(match: Match, by = writer()): Promise<unknown> {
  const delivery = { subscriber: inbox, match, result: undefined };
  await by.write([delivery]);
  return delivery.result;
}
const { uri } = makeMatch('', 1).post;
const other = makeMatch('', 2).post.author;

const byUri = (text: string): string =>
  createHash('sha256')
    .update(`uri ${JSON.stringify(text)}`)
    .digest('base64url')
    .slice(0, 22);

/** As an earlier version left it; its id. */
async function fromEarlier(match: Match, { identity = byUri(uri), post = match.postJson } = {}) {
  const matchedBy = `{"subscription_id":"cats","match_score":1}`;
  const id = await client.xadd(keys.items, '*', 'post', post, 'matched_by', matchedBy, 'identity', identity);
  await client.hset(keys.seen, identity, id!);
  await client.hincrby(keys.state, 'unread', 1);
  return id!;
}

test('two authors with one uri, and two posts of one author with one uri, all arrive', async () => {
  for (const post of [{}, { author: other }, { raw_record: { text: 'another' } }]) {
    expect(await write(matchOf(1, { post }))).toBe('delivered');
    expect(await write(matchOf(1, { post }))).toBe('duplicate');
  }
  expect(await summary()).toMatchObject({ total: 3, unread: 3 });
});

test('a post that comes first without and then with its record key arrives once', async () => {
  expect(await write(matchOf(1, { emptyRkey: true }))).toBe('delivered');
  expect(await write(matchOf(1))).toBe('duplicate');
  expect(await write(matchOf(1, {}, 'dogs'))).toBe('merged');
});

test('an item of an earlier version is known by its uri, and further matches belong to it', async () => {
  await fromEarlier(matchOf(1));
  expect(await write(matchOf(1))).toBe('duplicate');
  expect(await write(matchOf(1, {}, 'dogs'))).toBe('merged');
  expect(await write(matchOf(1, {}, 'dogs'))).toBe('duplicate');
  expect(await arePresent(client, [{ subscriber: inbox, match: matchOf(1) }])).toEqual([true]);
  expect(await summary()).toMatchObject({ total: 1, unread: 1 });
});

test('so is one whose text several inboxes share', async () => {
  await fromEarlier(matchOf(1), { post: '' });
  await client.set(postKey(byUri(uri)), matchOf(1).postJson);
  expect(await write(matchOf(1))).toBe('duplicate');
  const post = { author: other };
  expect(await write(matchOf(1, { post }))).toBe('delivered');
  await client.del(postKey(byUri(uri)));
  expect(await write(matchOf(1))).toBe('duplicate');
});

test('a uri that an earlier version has seen keeps out nobody else, and no other post', async () => {
  await fromEarlier(matchOf(1));
  const posts = [{ author: other }, { raw_record: { text: 'another' } }];
  for (const post of posts) {
    const match = matchOf(1, { post });
    expect(await arePresent(client, [{ subscriber: inbox, match }])).toEqual([false]);
    expect(await write(match)).toBe('delivered');
    expect(await write(match)).toBe('duplicate');
  }
  expect(await summary()).toMatchObject({ total: 3, unread: 3 });
});

test('what a limit of an earlier version removed does not come back, and keeps out nobody else', async () => {
  const id = await fromEarlier(matchOf(1));
  await client.xdel(keys.items, id);
  await client.zadd(keys.gone, Number.parseInt(id, 10), byUri(uri));
  expect(await write(matchOf(1))).toBe('duplicate');
  expect(await arePresent(client, [{ subscriber: inbox, match: matchOf(1) }])).toEqual([true]);
  expect(await write(matchOf(1, { post: { author: other } }))).toBe('delivered');
  await client.hset(keys.state, 'next_sweep', 0);
  await write(matchOf(5));
  expect(await client.exists(keys.gone)).toBe(0);
  expect(await write(matchOf(1))).toBe('duplicate');
  expect(await write(matchOf(1, { emptyRkey: true, post: { author: other } }))).toBe('duplicate');
  expect(await write(matchOf(1, { post: { author: 'did:plc:third' } }))).toBe('delivered');
});

test('an item of an earlier version that another program deleted is delivered again', async () => {
  await client.xdel(keys.items, await fromEarlier(matchOf(1)));
  expect(await arePresent(client, [{ subscriber: inbox, match: matchOf(1) }])).toEqual([false]);
  expect(await write(matchOf(1))).toBe('delivered');
  expect(await write(matchOf(1))).toBe('duplicate');
});

/** What a worker of an earlier version does with a match, by the steps of its write.lua and restore.lua. */
async function earlierWorker(match: Match): Promise<string> {
  const identity = match.formerIdentity ?? match.identity;
  const id = await client.hget(keys.seen, identity);
  const isThere = id !== null && (await client.xrange(keys.items, id, id)).length === 1;
  if (isThere || (id !== null && (await client.zscore(keys.gone, identity)) !== null)) return 'duplicate';
  await fromEarlier(match, { identity });
  return 'delivered';
}

test.each([
  ['0.1.0', undefined],
  ['a build that was never another before', 0],
  ['a build whose own upgrade is long over', 1],
])('%s alongside shows nothing again, nor does this version what it delivered', async (_, upgradedAt) => {
  // 0.1.0 kept no books: it is known by the last jobs that it completed.
  if (upgradedAt === undefined) await client.zadd(completedKey('matches'), 1, 'a job');
  else await client.hset(booksKeys('matches').books, 'read', 10, 'delivered', 10);
  if (upgradedAt !== undefined) await client.set('skywire-inbox:{matches}:upgraded-at', upgradedAt);
  const by = writer({ maxItems: 6 });
  const all = Array.from({ length: 16 }, (_, n) => matchOf(n, { emptyRkey: n % 4 > 1 }));
  for (const [n, match] of all.entries())
    expect(await (n % 2 ? earlierWorker(match) : write(match, by))).toBe('delivered');
  // Some of them a limit has removed meanwhile.
  for (const match of all) {
    expect(await earlierWorker(match)).toBe('duplicate');
    expect(await write(match, by)).toBe('duplicate');
  }
  expect(
    await arePresent(
      client,
      all.map((match) => ({ subscriber: inbox, match })),
    ),
  ).toEqual(all.map(() => true));
});

test('a limit that removes an item while a match is compared with it does not bring the post back', async () => {
  const id = await fromEarlier(matchOf(1));
  const delivery = { subscriber: inbox, match: matchOf(1), result: undefined };
  const others = await settleByFormer(client, [delivery], async () => {
    await client.xdel(keys.items, id);
    await client.zadd(keys.gone, Number.parseInt(id, 10), byUri(uri));
  });
  expect([others, delivery.result]).toEqual([[], undefined]);
  expect(await write(matchOf(1))).toBe('duplicate');
});

test('posts have their former identity, too, until no earlier version needs it', async () => {
  await client.hset(booksKeys('matches').books, 'read', 10, 'delivered', 10);
  const by = writer({ maxItems: 5 });
  for (let n = 0; n < 8; n += 1) expect(await write(matchOf(n), by)).toBe('delivered');
  expect(await client.hlen(keys.seen)).toBe(16);
  expect(await summary()).toMatchObject({ total: 5, unread: 5, gap: { unread: 3 } });

  await client.set(upgradedAtKey, Number(await client.get(upgradedAtKey)) - REMEMBER_MS - 1);
  expect(await write(matchOf(8), writer({ maxItems: 5 }))).toBe('delivered');
  expect(await client.hlen(keys.seen)).toBe(5);
  expect(await client.exists(keys.gone)).toBe(0);
  for (let n = 0; n < 9; n += 1) expect(await write(matchOf(n))).toBe('duplicate');
  expect(await summary()).toMatchObject({ total: 5, unread: 5, gap: { unread: 4 } });
});

test('on a new installation a post has one identity', async () => {
  await write(matchOf(1));
  expect(await client.hkeys(keys.seen)).toEqual([matchOf(1).identity]);
});

test('many posts with former identities in one call each have their own result', async () => {
  await client.hset(booksKeys('matches').books, 'delivered', 1);
  await fromEarlier(matchOf(1));
  const matches = [0, 1, 2, 1, 3].map((n, at) =>
    matchOf(n, { emptyRkey: n === 3 }, at === 3 ? 'dogs' : 'cats'),
  );
  const deliveries = matches.flatMap((match) =>
    [inbox, 'ben'].map((subscriber) => ({ subscriber, match, result: undefined })),
  );
  await writer().write(deliveries);
  expect(deliveries.filter(({ subscriber }) => subscriber === inbox).map(({ result }) => result)).toEqual([
    'delivered',
    'duplicate',
    'delivered',
    'merged',
    'delivered',
  ]);
  expect(deliveries.filter(({ subscriber }) => subscriber === 'ben').map(({ result }) => result)).toEqual([
    'delivered',
    'delivered',
    'delivered',
    'merged',
    'delivered',
  ]);
});
