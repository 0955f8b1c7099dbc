/** What clients write: reads, stars, and "mark all as read", which reaches no further than what was shown. */
import { expect, test } from 'vitest';
import { decimalId } from '../../../src/web/greader/ids.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asReader, matchJson } from '../web.ts';
import { type Client, connect, type Fields, LABEL, makeToken, state } from './client.ts';

useWeb({}, '--appendonly', 'no');
let posts = 0;
const deliver = (inbox: string, count: number, subscription = 'sub') =>
  web.deliver(inbox, ...Array.from({ length: count }, () => matchJson(posts++, subscription)));
const READING = state('reading-list');

async function open(inbox: string, count: number): Promise<Client> {
  await deliver(inbox, count);
  return connect((await makeToken(inbox)).token);
}
const unread = (client: Client, s = READING) => client.allIds({ s, xt: state('read') });
const all = (client: Client) => client.allIds({ n: '1000' });

/** read, starred of each, newest first. */
async function flags(inbox: string): Promise<string[]> {
  const { items } = (await web.ask('GET', `/api/inboxes/${inbox}/items?limit=1000`, asReader)).json;
  return items.map(
    (one: { read: boolean; starred: boolean }) => (one.read ? 'r' : '-') + (one.starred ? 's' : '-'),
  );
}

test('reads, unreads and stars in all the ways that clients write them', async () => {
  const client = await open('edits', 4);
  const ids = await all(client);
  const edit = async (fields: Fields) => {
    const answer = await client.edit(fields);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      'OK',
      'text/plain; charset=utf-8',
    ]);
    return flags('edits');
  };
  const i = [ids[0]!, ids[1]!];
  expect(await edit({ i, a: state('read'), r: state('kept-unread') })).toEqual(['r-', 'r-', '--', '--']);
  expect(await edit({ i, a: state('starred'), s: 'feed/1', ac: 'edit', async: 'true' })).toEqual([
    'rs',
    'rs',
    '--',
    '--',
  ]);
  const kept = [state('kept-unread'), state('tracking-kept-unread')];
  expect(await edit({ i: ids[1]!, r: state('read'), a: kept })).toEqual(['rs', '-s', '--', '--']);
  expect(await edit({ i: ids[0]!, a: 'user/123/state/com.google/kept-unread' })).toEqual([
    '-s',
    '-s',
    '--',
    '--',
  ]);
  expect(await edit({ i, r: state('starred'), a: state('read') })).toEqual(['r-', 'r-', '--', '--']);
  for (const nothing of [
    'tracking-kept-unread',
    'fresh',
    'broadcast',
    'like',
    'reading-list',
    'never-heard-of',
  ])
    expect(await edit({ i: ids[2]!, a: state(nothing) })).toEqual(['r-', 'r-', '--', '--']);
  expect(await edit({ i: ids[0]!, r: state('kept-unread') })).toEqual(['r-', 'r-', '--', '--']);
  expect(await edit({ i: ['1600000000000000', 'x', '', ids[3]!], a: state('starred') })).toEqual([
    'r-',
    'r-',
    '--',
    '-s',
  ]);
  for (const wrong of [
    { i, a: state('read'), r: state('read') },
    { i, a: [state('read'), state('kept-unread')] },
    { i, a: state('starred'), r: state('starred') },
    { i, a: LABEL },
    { i, r: 'user/-/label/Other' },
    { i, a: 'garbage' },
    { i },
    { a: state('read') },
  ] as Fields[])
    expect((await client.edit(wrong)).status, JSON.stringify(wrong)).toBe(400);
  expect(await flags('edits')).toEqual(['r-', 'r-', '--', '-s']);
});

test('a thousand and one at once are marked and starred', async () => {
  const client = await open('batch', 1_001);
  const ids = await all(client);
  await client.edit({ i: ids, a: [state('read'), state('starred')] });
  expect(await unread(client)).toEqual([]);
  expect(await client.allIds({ s: 'starred', n: '100' })).toEqual(ids);
  await client.edit({ i: ids, r: [state('read'), state('starred')] });
  expect(await unread(client)).toHaveLength(1_001);
  expect(await client.allIds({ s: state('starred') })).toEqual([]);
});

test('mark all as read without a time ends at what this client was last shown', async () => {
  const client = await open('shown', 3);
  const other = connect((await makeToken('shown')).token);
  // A client that was shown nothing means all that is there.
  await client.markAll({ s: READING });
  expect(await unread(other)).toEqual([]);
  await deliver('shown', 2);
  await unread(client);
  const seen = await client.ids({ n: '1', xt: state('read') });
  await deliver('shown', 2);
  // Neither the further pages of the list, nor what another client was shown, count.
  await client.ids({ n: '1', xt: state('read'), c: seen.continuation! });
  await all(other);
  await client.markAll({ s: LABEL, ts: '0', T: 'x' });
  expect(await unread(other)).toHaveLength(2);
  await other.markAll({ s: READING });
  expect(await unread(other)).toEqual([]);
});

test('a feed or the starred items end at the later of their own list and the whole one', async () => {
  const client = await open('feeds', 2);
  await deliver('feeds', 2, 'other');
  const [first, second] = (await client.feeds()).map(({ id }) => id);
  const feed = async (title: string) => (await client.feeds()).find((one) => one.title === title)!.id;
  expect([first, second].sort()).toEqual([await feed('sub'), await feed('other')].sort());
  const sub = await feed('sub');
  await client.contents(`stream/contents/${sub}`, { n: '1', r: 'o' });
  await deliver('feeds', 1);
  await client.markAll({ s: sub });
  expect(await unread(client, sub)).toHaveLength(1);
  // That was a list, too.
  await client.markAll({ s: sub });
  expect(await unread(client, sub)).toEqual([]);
  expect(await client.allIds({ xt: state('read') })).toHaveLength(2);
  await deliver('feeds', 1);
  const ids = await all(client);
  await client.edit({ i: [ids[0]!, ids[1]!], a: state('starred'), r: state('read') });
  await deliver('feeds', 1);
  const [newest] = (await web.ask('GET', '/api/inboxes/feeds/items?limit=1', asReader)).json.items;
  await client.edit({ i: decimalId(newest.id), a: state('starred') });
  await client.markAll({ s: state('starred') });
  expect((await flags('feeds')).slice(0, 3)).toEqual(['-s', 'rs', 'rs']);
});

test('a time covers its whole second, millisecond, or all ids up to it; what is wrong changes nothing', async () => {
  const match = '{"subscription_id":"sub","match_score":1}';
  const ids = ['1704888000000-0', '1704888000000-7', '1704888000999-5', '1704888001000-0', '1704888001000-3'];
  const fill = async (inbox: string) => {
    for (const id of ids)
      await redis.client().xadd(`inbox:{${inbox}}`, id, 'post', '{}', 'matched_by', match, 'identity', id);
  };
  const left: [ts: string, unread: number][] = [
    ['1704888000', 2],
    ['1704887999', 5],
    ['1704888000000', 3],
    ['1704888000999', 2],
    ['1704888000000000', 3],
    ['1704888000000006', 4],
    ['1704888000000007', 3],
    ['1704888001000002', 1],
    ['1704888001000003', 0],
    ['99999999999999999999999', 0],
  ];
  for (const [at, [ts, count]] of left.entries()) {
    const [inbox, s] = [`times-${at}`, at % 2 ? READING : 'feed'];
    await fill(inbox);
    const client = connect((await makeToken(inbox)).token);
    const stream = s === 'feed' ? (await client.feeds())[0]!.id : s;
    for (const wrong of [
      { s: stream, ts: 'x' },
      { s: stream, ts: '-1' },
      { s: stream, ts: '1e9' },
      { ts },
      { s: '', ts },
      { s: 'feed/1', ts },
      { s: state('read'), ts },
      { s: state('like'), ts },
      { s: 'user/-/label/x', ts },
    ] as Fields[])
      expect((await client.markAll(wrong)).status, JSON.stringify(wrong)).toBe(400);
    expect((await client.markAll({ s: stream, ts })).text).toBe('OK');
    expect([ts, (await unread(client)).length]).toEqual([ts, count]);
  }
});

test("Vienna's time, of the whole list, covers what it was shown", async () => {
  const client = await open('vienna', 3);
  const { updated } = await client.contents('stream/contents', { s: READING });
  await client.markAll({ s: READING, ts: String((updated + 1) * 1_000_000) });
  expect(await unread(client)).toEqual([]);
});

test('filters, and what is unknown', async () => {
  const client = await open('filters', 6);
  const ids = await all(client);
  await client.edit({ i: ids.slice(0, 3), a: state('read') });
  await client.edit({ i: [ids[0]!, ids[5]!], a: state('starred') });
  const [feed] = await client.feeds();
  const cases: [Fields, number[]][] = [
    [{}, [0, 1, 2, 3, 4, 5]],
    [{ s: 'reading-list' }, [0, 1, 2, 3, 4, 5]],
    [{ s: 'user/ann/label/Skywire' }, [0, 1, 2, 3, 4, 5]],
    [{ s: 'user//state/com.google/read' }, [0, 1, 2]],
    [{ s: state('unread') }, [3, 4, 5]],
    [{ s: state('kept-unread') }, [3, 4, 5]],
    [{ s: 'starred' }, [0, 5]],
    [{ s: feed!.id }, [0, 1, 2, 3, 4, 5]],
    [{ s: state('broadcast') }, []],
    [{ xt: [state('read'), state('starred')] }, [3, 4]],
    [{ xt: state('unread') }, [0, 1, 2]],
    [{ xt: state('kept-unread') }, [0, 1, 2]],
    [{ xt: feed!.id }, []],
    [{ it: [state('read'), state('starred')] }, [0]],
    [{ it: state('like') }, []],
    [{ n: '2' }, [0, 1]],
    [{ n: '2', r: 'o' }, [5, 4]],
    [{ n: '0', c: '' }, [0, 1, 2, 3, 4, 5]],
    [{ n: '-1' }, [0, 1, 2, 3, 4, 5]],
    [{ n: '100001', ot: '0', nt: '0' }, [0, 1, 2, 3, 4, 5]],
    [{ ot: String(Date.now() / 1_000 + 100) }, [0, 1, 2, 3, 4, 5]],
    [{ ot: String(Date.now() / 1_000 + 1_000) }, []],
    [{ nt: '1600000000.5' }, []],
    [{ nt: String(Date.now() / 1_000 + 1_000) }, [0, 1, 2, 3, 4, 5]],
  ];
  for (const [query, wanted] of cases) {
    const found = (await client.ids(query)).itemRefs.map(({ id }) => ids.indexOf(id));
    expect(found, JSON.stringify(query)).toEqual(wanted);
    const { items } = await client.contents('stream/contents', query);
    expect(items).toHaveLength(wanted.length);
  }
  for (const wrong of [
    { s: 'feed/1' },
    { s: 'user/-/label/x' },
    { s: state('x') },
    { s: 'x' },
    { c: 'x' },
    { c: '12' },
    { xt: 'x' },
    { it: state('x') },
    { s: `${feed!.id}/x` },
  ] as Fields[])
    for (const path of ['stream/items/ids', 'stream/contents']) {
      const answer = await client.get(path, wrong);
      expect([answer.status, answer.headers['content-type']], JSON.stringify(wrong)).toEqual([
        400,
        'text/plain; charset=utf-8',
      ]);
    }
});

test('a feed is listed from its registration on, empty, and known', async () => {
  const client = connect((await makeToken('registered')).token);
  const [own] = await client.feeds();
  expect(own!.title).toBe('registered');
  expect(await client.ids({ s: own!.id })).toEqual({ itemRefs: [] });
  await web.ask('PUT', `/api/subscriptions/${encodeURIComponent('späte')}/subscribers/registered`, asReader);
  const [feed, ...others] = await client.feeds();
  expect([feed!.title, others]).toEqual(['späte', []]);
  expect(await client.ids({ s: feed!.id })).toEqual({ itemRefs: [] });
  expect((await client.counts()).unreadcounts[0]).toEqual({
    id: feed!.id,
    count: 0,
    newestItemTimestampUsec: '0',
  });
  expect((await client.markAll({ s: feed!.id })).text).toBe('OK');
});
