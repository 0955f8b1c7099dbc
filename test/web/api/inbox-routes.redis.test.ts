import { expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import { type Answer, asReader, matchJson } from '../web.ts';

useWeb();

const ask = (method: string, path: string, body?: object): Promise<Answer> =>
  web.ask(method, path, asReader, body);
const get = (path: string): Promise<Answer> => ask('GET', path);
const texts = (answer: Answer): string[] =>
  answer.json.items.map((item: { post: { text: string } }) => item.post.text);
const ids = (answer: Answer): string[] => answer.json.items.map((item: { id: string }) => item.id);
const posts = (...numbers: number[]) => numbers.map((number) => matchJson(number));

test('an inbox that nothing was delivered to yet is empty', async () => {
  expect((await get('/api/inboxes/nobody')).json).toEqual({
    subscriber: 'nobody',
    total: 0,
    unread: 0,
    oldest: null,
    newest: null,
    gap: null,
  });
  expect((await get('/api/inboxes/nobody/items')).json).toEqual({
    items: [],
    next: null,
    total: 0,
    unread: 0,
    gap: null,
  });
});

test('an item has its post, what it matched, and when it came', async () => {
  await web.deliver(
    'whole',
    matchJson(1, 'sub a', { score: '0.25' }),
    matchJson(1, 'sub "b"', { score: 'null' }),
  );
  const { items, total } = (await get('/api/inboxes/whole/items')).json;
  expect(total).toBe(1);
  expect(items[0]).toEqual({
    id: expect.stringMatching(/^\d+-\d+$/),
    post: {
      uri: 'at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.post/3kaaaaaaaa1',
      text: 'post 1',
      author: 'did:plc:aaaabbbbccccddddeeeeffff',
      indexed_at: '2024-01-10T12:00:00Z',
      url: 'https://bsky.app/profile/did:plc:aaaabbbbccccddddeeeeffff/post/3kaaaaaaaa1',
      raw_record: { $type: 'app.bsky.feed.post', text: 'post 1' },
    },
    matched_by: [
      { subscription_id: 'sub a', match_score: 0.25 },
      { subscription_id: 'sub "b"', match_score: null },
    ],
    delivered_at: new Date(Number(items[0].id.split('-')[0])).toISOString(),
    read: false,
    starred: false,
  });
});

test('before= pages back, newest first; after= goes on, oldest first; neither skips one', async () => {
  await web.deliver('pages', ...posts(1, 2, 3, 4, 5, 6, 7));
  const path = '/api/inboxes/pages/items';
  const back: string[] = [];
  let page = await get(`${path}?limit=3`);
  for (;;) {
    back.push(...texts(page));
    if (page.json.next === null) break;
    page = await get(`${path}?limit=3&before=${page.json.next}`);
  }
  expect(back).toEqual([7, 6, 5, 4, 3, 2, 1].map((number) => `post ${number}`));
  const oldest = ids(await get(path)).at(-1)!;
  const first = await get(`${path}?limit=4&after=${oldest}`);
  expect(texts(first)).toEqual(['post 2', 'post 3', 'post 4', 'post 5']);
  const second = await get(`${path}?limit=4&after=${first.json.next}`);
  expect(texts(second)).toEqual(['post 6', 'post 7']);
  expect(second.json.next).toBeNull();
  await web.deliver('pages', ...posts(8));
  expect(texts(await get(`${path}?after=${ids(second).at(-1)}`))).toEqual(['post 8']);
});

test('cursors at both ends of what an id can be are answered', async () => {
  await web.deliver('ends', ...posts(1, 2));
  const path = '/api/inboxes/ends/items';
  const max = '18446744073709551615-18446744073709551615';
  expect(texts(await get(`${path}?before=0-0`))).toEqual([]);
  expect(texts(await get(`${path}?after=${max}`))).toEqual([]);
  expect(texts(await get(`${path}?before=${max}`))).toEqual(['post 2', 'post 1']);
  expect(texts(await get(`${path}?after=0-0`))).toEqual(['post 1', 'post 2']);
  expect(texts(await get(`${path}?after=00000000-0000`))).toEqual(['post 1', 'post 2']);
});

test('items are read and unread by their ids or up to one, and the counts follow', async () => {
  await web.deliver('reading', ...posts(1, 2, 3, 4));
  const inbox = '/api/inboxes/reading';
  const [four, three, two, one] = ids(await get(`${inbox}/items`)) as [string, string, string, string];
  expect((await get(inbox)).json).toMatchObject({ total: 4, unread: 4, oldest: one, newest: four });
  expect((await ask('POST', `${inbox}/read`, { ids: [three, '1-1'] })).json).toEqual({ unread: 3 });
  expect((await ask('POST', `${inbox}/read`, { up_to: two })).json).toEqual({ unread: 1 });
  expect(texts(await get(`${inbox}/items?unread=true`))).toEqual(['post 4']);
  expect(texts(await get(`${inbox}/items?unread=0`))).toHaveLength(4);
  expect((await ask('POST', `${inbox}/unread`, { ids: [one] })).json).toEqual({ unread: 2 });
  expect(texts(await get(`${inbox}/items?unread=1&limit=1`))).toEqual(['post 4']);
  expect((await get(`${inbox}/items`)).json).toMatchObject({ total: 4, unread: 2 });
});

test('a star is put on an item and taken away, in whichever form its id is given', async () => {
  await web.deliver('stars', ...posts(1, 2));
  const items = '/api/inboxes/stars/items';
  const [two] = ids(await get(items)) as [string];
  const [ms, number] = two.split('-') as [string, string];
  expect((await ask('PUT', `${items}/${two}/star`)).status).toBe(204);
  expect((await ask('PUT', `${items}/0${ms}-00${number}/star`)).status).toBe(204);
  expect(texts(await get(`${items}?starred=true`))).toEqual(['post 2']);
  expect((await get(items)).json.items[0].starred).toBe(true);
  expect((await ask('DELETE', `${items}/0${ms}-0${number}/star`)).status).toBe(204);
  expect(texts(await get(`${items}?starred=1`))).toEqual([]);
  for (const method of ['PUT', 'DELETE']) {
    expect((await ask(method, `${items}/1-1/star`)).status).toBe(404);
    expect((await ask(method, `/api/inboxes/nobody/items/${two}/star`)).status).toBe(404);
  }
});

const of = async (name: string): Promise<string[]> =>
  texts(await get(`/api/inboxes/several/items?subscription=${encodeURIComponent(name)}`));

test('subscription= shows what one subscription brought', async () => {
  await web.deliver('several', matchJson(1, 'a'), matchJson(2, 'b'), matchJson(2, 'a&b'), matchJson(3, 'a'));
  expect(await of('a')).toEqual(['post 3', 'post 1']);
  expect(await of('a&b')).toEqual(['post 2']);
  expect(await of('c')).toEqual([]);
});

test('since= leaves out what came earlier, and combines with the other filters', async () => {
  await web.deliver('since', ...posts(1, 2));
  const items = '/api/inboxes/since/items';
  const [two, one] = (await get(items)).json.items as { id: string; delivered_at: string }[];
  const later = new Date(Date.parse(two!.delivered_at) + 1).toISOString();
  expect(texts(await get(`${items}?since=${one!.delivered_at}`))).toEqual(['post 2', 'post 1']);
  expect(texts(await get(`${items}?since=${later}`))).toEqual([]);
  await ask('PUT', `${items}/${one!.id}/star`);
  expect(texts(await get(`${items}?since=1970-01-01T00:00:00Z&starred=1&unread=1&subscription=sub`))).toEqual(
    ['post 1'],
  );
  const inZone = encodeURIComponent('2024-01-10T12:00:00+02:00');
  expect(texts(await get(`${items}?since=${inZone}&after=0-0`))).toEqual(['post 1', 'post 2']);
  for (const wrong of ['yesterday', '2024-01-10', '2024-13-10T12:00:00Z', '-1', '1969-12-31T23:59:59Z', ''])
    expect((await get(`${items}?since=${encodeURIComponent(wrong)}`)).json).toMatchObject({
      status: 400,
      detail: expect.stringContaining('since: must be a time') as string,
    });
});

test('an item whose post is no longer kept is shown without it', async () => {
  const match = '{"subscription_id":"sub","match_score":1}';
  await redis.client().xadd('inbox:{gone}', '*', 'post', '', 'matched_by', match, 'identity', 'nowhere');
  const { items, total } = (await get('/api/inboxes/gone/items')).json;
  expect(total).toBe(1);
  expect(items[0]).toMatchObject({
    post: { uri: '', text: '', author: '', raw_record: {}, gone: true },
    matched_by: [{ subscription_id: 'sub', match_score: 1 }],
  });
});

test('the page for people describes every route and loads nothing', async () => {
  const { status, headers, text } = await web.ask('GET', '/api/docs');
  expect(status).toBe(200);
  expect(headers['content-type']).toContain('text/html');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  const { paths } = (await web.ask('GET', '/openapi.json')).json;
  for (const path of Object.keys(paths)) expect(text).toContain(path);
  expect(text).not.toMatch(/<script|src=|url\(|@import|https?:/);
});

test('a record comes out as the very text that went in', async () => {
  const rawRecord =
    '{"big":9007199254740993,"huge":1e400,"zero":-0,"fine":1.10,"esc":"\\u0041\\/\\ud800","a":[],"o":{},"deep":{"raw_record":1},' +
    '"__proto__":{"x":1},"twice":1,"twice":2,  "odd" : "]]> <script> \\u0000"}';
  await web.deliver('faithful', matchJson(1, 'sub', { rawRecord, text: '\u0000\u001b[31m\u202e<b>\ud800' }));
  const answer = await get('/api/inboxes/faithful/items');
  expect(answer.text).toContain(`"raw_record":${rawRecord}}`);
  expect(texts(answer)).toEqual(['\u0000\u001b[31m\u202e<b>\ud800']);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
});

test.each(['a/b', 'ä 🦋', 'a?b#c', '{}*\n', '..', '%41', 'a'.repeat(512), '\u0000', '__proto__', 'a:read'])(
  'an inbox may be named %j',
  async (name) => {
    await web.deliver(name, matchJson(1));
    const inbox = `/api/inboxes/${encodeURIComponent(name)}`;
    expect((await get(inbox)).json).toMatchObject({ subscriber: name, total: 1 });
    expect(texts(await get(`${inbox}/items`))).toEqual(['post 1']);
  },
);
