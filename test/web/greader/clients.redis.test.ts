/** What each client holds after a sync is what the inbox has. FULL_SIZE=1: of a thousand and of ten thousand items, too. */
import { beforeAll, describe, expect, test } from 'vitest';
import { feedId } from '../../../src/web/greader/feeds.ts';
import { decimalId } from '../../../src/web/greader/ids.ts';
import { isFull } from '../../fixtures/full-size.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asReader, matchJson } from '../web.ts';
import { type Client, connect, type Fields, makeToken, state } from './client.ts';
import { clients, type Held } from './clients.ts';

useWeb({}, '--appendonly', 'no');
const SIZES = isFull ? [0, 1, 1_000, 1_001, 10_000] : [0, 1, 1_001];
const subscriptions = ['cats', 'dogs & "more"', '3/4 <é>'];

async function fill(inbox: string, from: number, count: number): Promise<void> {
  const posts = Array.from({ length: count }, (_, n) => matchJson(from + n, subscriptions[(from + n) % 3]));
  await web.deliver(inbox, ...posts);
}

interface ApiItem {
  id: string;
  read: boolean;
  starred: boolean;
  matched_by: { subscription_id: string }[];
}

/** Newest first. */
async function itemsOf(inbox: string): Promise<ApiItem[]> {
  const items: ApiItem[] = [];
  for (let next: string | null = '', path = ''; next !== null; path = `&before=${next}`) {
    const page = (await web.ask('GET', `/api/inboxes/${inbox}/items?limit=1000${path}`, asReader)).json;
    items.push(...page.items);
    next = page.next as string | null;
  }
  return items;
}

async function truth(
  inbox: string,
): Promise<Required<Held extends Map<string, infer One> ? Map<string, One> : never>> {
  return new Map(
    (await itemsOf(inbox)).map(({ id, read, starred, matched_by: [first] }) => [
      decimalId(id),
      { read, starred, feed: feedId(first!.subscription_id) },
    ]),
  );
}

const post = (inbox: string, path: string, body: object) =>
  web.ask('POST', `/api/inboxes/${inbox}/${path}`, asReader, body);

describe.each(SIZES)('an inbox of %i', (size) => {
  const inbox = `of-${size}`;
  let client: Client;
  beforeAll(async () => {
    await fill(inbox, 0, size);
    client = connect((await makeToken(inbox)).token, size % 2 ? '/api/greader.php' : '/greader');
    const ids = (await itemsOf(inbox)).map(({ id }) => id);
    if (size < 2) return;
    await post(inbox, 'read', { up_to: ids[Math.floor(size * 0.7)] });
    await post(inbox, 'read', { ids: [ids[1], ids[5]] });
    await post(inbox, 'unread', { ids: [ids[size - 3]] });
    for (const id of [ids[0]!, ids[1]!, ids[size - 3]!, ids[size - 1]!])
      await web.ask('PUT', `/api/inboxes/${inbox}/items/${id}/star`, asReader);
  });

  test.each(Object.entries(clients))('%s', async (name, sync) => {
    const held = await sync(client);
    let wanted = [...(await truth(inbox))];
    if (name === 'Liferea') {
      const room = new Map<string, number>();
      wanted = wanted.filter(([, { feed }]) => {
        room.set(feed!, (room.get(feed!) ?? 50) - 1);
        return room.get(feed!)! >= 0;
      });
    }
    const known = wanted.map(([id, item]) => {
      const mine = held.get(id);
      const seen = { ...item };
      if (mine && mine.starred === undefined) delete seen.starred;
      if (mine && mine.feed === undefined) delete seen.feed;
      return [id, seen] as const;
    });
    expect(new Map([...held].sort())).toEqual(new Map([...known].sort()));
  });

  test('feeds and counts add up', async () => {
    const wanted = [...(await truth(inbox)).values()];
    const feeds = await client.feeds();
    const names = size === 0 ? [inbox] : subscriptions.slice(0, size === 1 ? 1 : 3);
    expect(feeds.map(({ id }) => id).sort()).toEqual(names.map(feedId).sort());
    const { max, unreadcounts } = await client.counts();
    const { unread } = (await web.ask('GET', `/api/inboxes/${inbox}`, asReader)).json;
    expect(max).toBe(unread);
    for (const { id, count } of unreadcounts) {
      const isFeed = id.startsWith('feed/');
      expect(count).toBe(wanted.filter(({ read, feed }) => !read && (!isFeed || feed === id)).length);
    }
    expect(unreadcounts).toHaveLength(feeds.length + 2);
  });
});

test('titles have no character that some clients take for HTML, nor a lone surrogate', async () => {
  const lone = '{"$type":"app.bsky.feed.post","text":"a & b <i> \\ud800 c"}';
  await web.deliver(
    'titles',
    matchJson(1, 'dogs & "more"', { rawRecord: lone, text: 'x', author: 'did:plc:<&>' }),
  );
  const client = connect((await makeToken('titles')).token);
  const { items, updated } = await client.contents('stream/contents');
  expect(items).toMatchObject([
    {
      title: 'a ＆ b ＜i＞ \ufffd c',
      author: 'did:plc:＜＆＞',
      origin: { title: 'dogs ＆ "more"' },
      summary: { content: '<p dir="auto">a &amp; b &lt;i&gt; \ufffd c</p>' },
    },
  ]);
  expect(updated).toBe(Math.floor(Number(items[0]!.crawlTimeMsec) / 1_000));
  const path = `/api/subscriptions/${encodeURIComponent('dogs & "more"')}`;
  expect((await web.ask('PUT', path, asReader, { title: 'Dogs & <more>' })).status).toBe(200);
  const [named] = (await client.contents('stream/contents')).items;
  expect([named!.origin.title, (await client.feeds())[0]!.title]).toEqual(Array(2).fill('Dogs ＆ ＜more＞'));
});

test('pages end and repeat nothing while items come, are marked and are removed between them', async () => {
  const inbox = 'moving';
  await fill(inbox, 0, 500);
  const client = connect((await makeToken(inbox)).token);
  for (const r of ['n', 'o'])
    for (const query of [{}, { xt: state('read') }] as Fields[]) {
      const before = await itemsOf(inbox);
      const [marked, removed] = [before[200]!.id, before[before.length - 200]!.id];
      const seen: string[] = [];
      for (let c: string | undefined = ''; c !== undefined; ) {
        const page: Awaited<ReturnType<Client['ids']>> = await client.ids({
          ...query,
          r,
          n: '45',
          ...(c !== '' && { c }),
        });
        if (page.continuation) expect(page.itemRefs).toHaveLength(45);
        seen.push(...page.itemRefs.map(({ id }) => id));
        c = page.continuation;
        if (seen.length === 45) {
          await fill(inbox, 10_000 + Math.floor(performance.now()), 10);
          await post(inbox, 'read', { ids: [marked] });
          await redis.client().xdel(`inbox:{${inbox}}`, removed);
        }
      }
      expect(new Set(seen).size).toBe(seen.length);
      const stayed = before.filter(
        ({ id, read }) => ![marked, removed].includes(id) && !('xt' in query && read),
      );
      for (const { id } of stayed) expect(seen).toContain(decimalId(id));
      expect(seen).not.toContain(decimalId(removed));
    }
});

test('odd ids: a number of 999 and 1000 in a millisecond, and a clock that was set back', async () => {
  const match = '{"subscription_id":"sub","match_score":1}';
  for (const id of ['1704888000000-999', '1704888000000-1000', '1704888000000-1200', '1704888000001-0'])
    await redis.client().xadd('inbox:{odd}', id, 'post', '{}', 'matched_by', match, 'identity', id);
  await redis
    .client()
    .xadd('inbox:{odd}', '99999999999999-0', 'post', '{}', 'matched_by', match, 'identity', 'x');
  const client = connect((await makeToken('odd')).token);
  const all = await client.allIds({ n: '1' });
  expect(all.map(streamIdIn)).toEqual([
    '1704888000001-0',
    '1704888000000-1200',
    '1704888000000-1000',
    '1704888000000-999',
  ]);
  expect(await client.allIds({ n: '1', r: 'o' })).toEqual(all.toReversed());
  const items = await client.items(all);
  expect(items.map(({ timestampUsec }) => timestampUsec.slice(-6))).toEqual([
    '001000',
    '000999',
    '000999',
    '000999',
  ]);
  await client.markAll({ s: state('reading-list'), ts: items[1]!.timestampUsec });
  expect(await client.allIds({ xt: state('read') })).toEqual(all.slice(0, 1));
});

function streamIdIn(decimal: string): string {
  const value = BigInt(decimal);
  if (value < 2n ** 62n) return `${value / 1_000n}-${value % 1_000n}`;
  return `${(value - 2n ** 62n) >> 20n}-${(value - 2n ** 62n) & 0xfffffn}`;
}
