/** The lists of ids, against what page after page of the inbox shows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { idAt, NO_ITEM } from '../../src/inbox/ids/id-table.ts';
import { createInboxIds, type InboxIds } from '../../src/inbox/ids/inbox-ids.ts';
import { createInboxReader, type InboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { inboxKeys } from '../../src/redis/keys.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let ids: InboxIds;
let reader: InboxReader;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  ids = createInboxIds(redis.client());
  reader = createInboxReader(redis.client());
});
afterAll(() => redis.stop());

const names = ['cats', 'dogs', 'a "b", é'];
let posts = 0;
async function deliver(inbox: string, count: number, maxItems = 0): Promise<void> {
  const writer = createInboxWriter(redis.client(), { maxItems, maxAgeMs: 0, seenWindowMs: 3_600_000 });
  const deliveries = Array.from({ length: count }, () => {
    const n = posts++;
    const parsed = parseMatch(wire(makeMatch(names[n % names.length]!, n, { emptyRkey: true })));
    if (!('match' in parsed)) throw new Error(parsed.malformed);
    return { subscriber: inbox, match: parsed.match };
  });
  await writer.write(deliveries);
}

interface Seen {
  id: string;
  first: string;
  read: boolean;
  starred: boolean;
}

async function byPages(inbox: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let after: string | null = '0-0'; after !== null; ) {
    const page: Awaited<ReturnType<InboxReader['page']>> = await reader.page(inbox, { limit: 1_000, after });
    for (const { id, matchedBy, read, starred } of page.items)
      seen.push({ id, first: matchedBy[0]!.subscription_id, read, starred });
    after = page.next;
  }
  return seen;
}

async function byIds(inbox: string): Promise<Seen[]> {
  const { table, isUnread, isStarred } = await ids.read(inbox);
  return Array.from({ length: table.length }, (_, at) => at)
    .filter((at) => table.subscription[at] !== NO_ITEM)
    .map((at) => ({
      id: idAt(table, at),
      first: table.names[table.subscription[at]!]!,
      read: !isUnread(at),
      starred: isStarred(at),
    }));
}

async function agree(inbox: string): Promise<Seen[]> {
  const pages = await byPages(inbox);
  expect(await byIds(inbox)).toEqual(pages);
  return pages;
}

test('an inbox without items has none', async () => {
  expect(await agree('nobody')).toEqual([]);
  expect((await ids.read('nobody')).newest).toBe('');
});

test('read marks, stars, arrivals and entries of other programs show as the pages show them', async () => {
  await deliver('ann', 1_203);
  const all = await agree('ann');
  expect(all).toHaveLength(1_203);
  await reader.markRead('ann', { upTo: all[600]!.id });
  await reader.markRead('ann', { ids: [all[700]!.id, all[900]!.id] });
  await reader.markUnread('ann', [all[3]!.id]);
  await reader.starAll('ann', [all[0]!.id, all[1_202]!.id, '1-1'], true);
  await deliver('ann', 2);
  await redis.client().xadd(inboxKeys('ann').items, '*', 'some', 'thing');
  await deliver('ann', 1);
  expect((await agree('ann')).filter(({ read }) => !read)).toHaveLength(1_206 - 601 - 2 + 1);
});

test('limits, starred items before them, and removals by other programs leave what is there', async () => {
  await deliver('bob', 700, 700);
  const all = await agree('bob');
  await reader.starAll('bob', [all[0]!.id, all[1]!.id, all[5]!.id, all[550]!.id], true);
  await deliver('bob', 100, 700);
  expect(await agree('bob')).toHaveLength(704);
  await reader.starAll('bob', [all[1]!.id], false);
  await deliver('bob', 3, 700);
  await agree('bob');
  await redis.client().xdel(inboxKeys('bob').items, all[300]!.id, all[600]!.id);
  await agree('bob');
  await redis.client().xtrim(inboxKeys('bob').items, 'MAXLEN', 10);
  expect(await agree('bob')).toHaveLength(10);
});

test('a history that was rolled back and written anew is read anew, also where the number is the same', async () => {
  const client = redis.client();
  const { items } = inboxKeys('carl');
  const put = (id: string, name: string, identity: string) =>
    client.xadd(
      items,
      id,
      'post',
      '{}',
      'matched_by',
      `{"subscription_id":"${name}","match_score":1}`,
      'identity',
      identity,
    );
  for (const id of [10, 20, 30]) await put(`${id}-0`, 'cats', `cat ${id}`);
  await byIds('carl');
  await client.del(items);
  for (const id of [10, 20, 30]) await put(`${id}-0`, 'dogs', `dog ${id}`);
  expect((await byIds('carl')).map(({ first }) => first)).toEqual(['dogs', 'dogs', 'dogs']);
  await client.del(items);
  await put('15-0', 'cats', 'other');
  expect((await byIds('carl')).map(({ id }) => id)).toEqual(['15-0']);
  await client.del(items);
  expect(await byIds('carl')).toEqual([]);
});

test('of an inbox without a limit the newest are kept, and of many inboxes those used last', async () => {
  const small = createInboxIds(redis.client(), { mostIds: 100, mostEntries: 400 });
  const newest = async (inbox: string) => {
    const { table } = await small.read(inbox);
    const kept = Array.from({ length: table.length }, (_, at) => at)
      .filter((at) => table.subscription[at] !== NO_ITEM)
      .map((at) => idAt(table, at));
    expect(kept).toEqual((await byPages(inbox)).map(({ id }) => id).slice(-kept.length || Infinity));
    return table.length;
  };
  await deliver('endless', 99);
  expect(await newest('endless')).toBe(99);
  await deliver('endless', 30);
  expect(await newest('endless')).toBe(100);
  await deliver('endless', 5);
  expect(await newest('endless')).toBe(105);
  await deliver('endless', 600);
  expect(await newest('endless')).toBe(100);
  await redis.client().xdel(inboxKeys('endless').items, (await byPages('endless')).at(-7)!.id);
  expect(await newest('endless')).toBe(100);
  await redis.client().xtrim(inboxKeys('endless').items, 'MAXLEN', 105);
  await newest('endless');
  await redis.client().xtrim(inboxKeys('endless').items, 'MAXLEN', 20);
  expect(await newest('endless')).toBe(20);
  await deliver('endless', 1_000);
  const other = createInboxIds(redis.client(), { mostIds: 100 });
  expect((await other.read('endless')).table.length).toBe(100);
  for (const inbox of ['ann', 'bob', 'endless', 'nobody', 'ann']) await newest(inbox);
});

test('items come by id in the order asked for, the unknown left out, with their posts', async () => {
  await deliver('dora', 450);
  const all = await agree('dora');
  const asked = [all[449]!.id, '1-1', ...all.map(({ id }) => id).slice(0, 420)];
  const found = [];
  for await (const some of reader.items('dora', asked)) {
    expect(some.length).toBeLessThanOrEqual(200);
    found.push(...some);
  }
  expect(found.map(({ id }) => id)).toEqual(asked.filter((id) => id !== '1-1'));
  expect(found.every(({ postJson }) => postJson.startsWith('{'))).toBe(true);
});
