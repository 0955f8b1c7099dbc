import { expect, test } from 'vitest';
import { createDirectoryRouter } from '../../../src/subscriptions/directory.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { type Answer, asReader, matchJson } from '../web.ts';

useWeb();

const ask = (method: string, path: string, body?: object): Promise<Answer> =>
  web.ask(method, `/api/subscriptions/${path}`, asReader, body);
const status = async (method: string, path: string): Promise<number> => (await ask(method, path)).status;

test('a subscriber is registered, found and taken off again', async () => {
  expect(await status('GET', 'cats')).toBe(404);
  expect(await status('DELETE', 'cats/subscribers/ann')).toBe(404);
  expect(await status('PUT', 'cats/subscribers/ann')).toBe(204);
  expect(await status('PUT', 'cats/subscribers/ann')).toBe(204);
  expect((await ask('GET', 'cats')).json).toEqual({
    subscription: 'cats',
    total: 1,
    subscribers: ['ann'],
    next: null,
    created_at: expect.stringMatching(/^20\d\d-.*Z$/),
    unsubscribed_at: null,
  });
  expect(await status('DELETE', 'cats/subscribers/ann')).toBe(204);
  expect(await status('DELETE', 'cats/subscribers/ann')).toBe(404);
  expect((await ask('GET', 'cats')).json).toMatchObject({
    total: 0,
    subscribers: [],
    unsubscribed_at: expect.stringMatching(/^20\d\d-.*Z$/),
  });
});

test('subscribers come in pages, whatever their names', async () => {
  const names = ['ä/b', 'a', 'b c', '🦋', '%41', '{x}'];
  for (const name of names) {
    expect(await status('PUT', `many/subscribers/${encodeURIComponent(name)}`)).toBe(204);
  }
  const found: string[] = [];
  let after = '';
  for (;;) {
    const { json } = await ask('GET', `many?limit=2${after}`);
    found.push(...json.subscribers);
    if (json.next === null) break;
    after = `&after=${encodeURIComponent(json.next)}`;
  }
  expect(found.sort()).toEqual(names.sort());
});

test('a subscription is ended for everybody', async () => {
  await ask('PUT', 'dogs/subscribers/ann');
  await ask('PUT', 'dogs/subscribers/ben');
  expect(await status('DELETE', 'dogs')).toBe(204);
  expect((await ask('GET', 'dogs')).json).toMatchObject({ total: 0, subscribers: [] });
  expect(await status('DELETE', 'never')).toBe(404);
});

test('a title is what GET shows, and makes nobody a subscriber: who was unknown stays unrouted', async () => {
  const put = await ask('PUT', 'named', { title: ' Birds & "bees" <b> 🦋 ' });
  const shown = {
    subscription: 'named',
    title: 'Birds & "bees" <b> 🦋',
    total: 0,
    subscribers: [],
    next: null,
    created_at: null,
    unsubscribed_at: null,
  };
  expect([put.status, put.json]).toEqual([200, shown]);
  expect((await ask('GET', 'named')).json).toEqual(shown);
  const route = async () => (await createDirectoryRouter(redis.client()).route(['named'])).get('named');
  expect(await route()).toEqual({ to: 'unknown' });
  expect(await redis.client().keys('subscription:{named}*')).toEqual(['subscription:{named}:title']);
  expect(await status('DELETE', 'named')).toBe(404);
  await ask('PUT', 'named/subscribers/ann');
  expect((await ask('PUT', 'named', { title: 'Bees' })).json).toMatchObject({ title: 'Bees', total: 1 });
  expect((await ask('PUT', 'named', { title: null })).json).not.toHaveProperty('title');
  expect((await ask('PUT', 'never', { title: null })).status).toBe(204);
  expect(await status('GET', 'never')).toBe(404);
});

test.each([
  {},
  { title: 5 },
  { title: '' },
  { title: ' ' },
  { title: 'a\nb' },
  { title: '\u202ea' },
  { title: '\ud800' },
  { title: 'x'.repeat(201) },
  { title: 'a', x: 1 },
])('a title may not be %j', async (body) => {
  expect((await ask('PUT', 'wrong', body)).status).toBe(400);
  expect(await status('GET', 'wrong')).toBe(404);
});

test("another program's key in place of a title is not overwritten, and keeps no inbox from being read", async () => {
  await redis.client().hset('subscription:{taken}:title', 'a', 'b');
  await web.deliver('reads', matchJson(1, 'taken'));
  expect((await ask('PUT', 'taken', { title: 'Mine' })).status).toBe(409);
  expect((await web.ask('GET', '/api/inboxes/reads/items', asReader)).json.items).toHaveLength(1);
});

test('an inbox lists its subscriptions with the counts of the filter, registered ones without items too', async () => {
  const inbox = '/api/inboxes/sides';
  const names = ['a', 'a"\\b', 'ä 🦋', 'a,"match_score":1'];
  await ask('PUT', 'quiet/subscribers/sides');
  await ask('PUT', 'left/subscribers/sides');
  await ask('DELETE', 'left/subscribers/sides');
  await ask('PUT', 'a', { title: 'First' });
  for (let n = 0; n < 12; n += 1)
    await web.deliver('sides', matchJson(n, names[n % 4]), matchJson(n, names[n % 3]));
  const { items } = (await web.ask('GET', `${inbox}/items`, asReader)).json;
  await web.ask('POST', `${inbox}/read`, asReader, { up_to: items[8].id });
  await web.ask('POST', `${inbox}/unread`, asReader, { ids: [items[10].id] });
  const { subscriptions } = (await web.ask('GET', `${inbox}/subscriptions`, asReader)).json;
  const counted = async (id: string) => {
    const of = async (query: string) =>
      (await web.ask('GET', `${inbox}/items?subscription=${encodeURIComponent(id)}${query}`, asReader)).json
        .items;
    const [all, unread] = [await of(''), await of('&unread=1')];
    return {
      id,
      title: id === 'a' ? 'First' : null,
      unread: unread.length,
      total: all.length,
      newest: all[0]?.id ?? null,
    };
  };
  const wanted = await Promise.all([...names, 'quiet'].toSorted().map(counted));
  expect(subscriptions).toEqual(wanted);
  expect(wanted.map(({ total }) => total)).toEqual([6, 6, 3, 0, 6]);
});

test('a title stands wherever the id stood: in matched_by and as category of the feeds', async () => {
  const id = '9f6c0000-0000-4000-8000-000000000000';
  await ask('PUT', id, { title: 'Cats <3' });
  await web.deliver('titled', matchJson(1, id), matchJson(1, 'plain'));
  const { items } = (await web.ask('GET', '/api/inboxes/titled/items', asReader)).json;
  expect(items[0].matched_by).toEqual([
    { subscription_id: id, match_score: 0.5, title: 'Cats <3' },
    { subscription_id: 'plain', match_score: 0.5 },
  ]);
  const { urls } = (await web.ask('POST', '/api/inboxes/titled/feed-tokens', asReader, {})).json;
  const feed = async (kind: string) =>
    (await web.ask('GET', `${new URL(urls[kind]).pathname}?subscription=${id}`)).text;
  expect(JSON.parse(await feed('json'))).toMatchObject({
    title: 'titled · Cats <3',
    items: [{ title: 'post 1 [Cats <3, plain]', tags: ['Cats <3', 'plain'] }],
  });
  expect(await feed('rss')).toContain('<category>Cats &lt;3</category>');
  expect(await feed('atom')).toContain('<category term="Cats &lt;3"/>');
});

test('with an inbox that is a subscription goes its title', async () => {
  await web.deliver('person', matchJson(1, 'person'));
  await ask('PUT', 'person', { title: 'A person' });
  await web.ask('DELETE', '/api/inboxes/person', asReader);
  expect(await status('GET', 'person')).toBe(404);
});
