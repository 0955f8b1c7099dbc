/** The operator's routes for inboxes: listed for the viewer, tokens and erasing for the admin, each change in the operator log. */
import { beforeAll, expect, test } from 'vitest';
import { inboxKeys, inboxListKey, nameHash } from '../../../src/redis/keys.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asAdmin, asReader, asViewer, type Headers, locked, matchJson, startWeb } from '../web.ts';

useWeb({ publicUrl: 'https://example.org/inbox' });
beforeAll(async () => {
  await web.deliver('ann', matchJson(1), matchJson(2));
  await web.deliver('ben', matchJson(1));
});

const ask = (method: string, path: string, headers: Headers = asAdmin, body?: object) =>
  web.ask(method, `/operator/inboxes${path}`, headers, body);
const logged = async () => (await web.ask('GET', '/operator/log', asViewer)).json.actions;

test('lists what the API lists, to the viewer too', async () => {
  for (const query of ['', '?prefix=b', '?limit=1', '?after=ann', '?prefix=nobody']) {
    const { status, json } = await ask('GET', query, asViewer);
    expect(status).toBe(200);
    expect(json).toEqual((await web.ask('GET', `/api/inboxes${query}`, asReader)).json);
  }
  expect((await ask('GET', '?limit=1', asViewer)).json).toMatchObject({
    inboxes: [{ subscriber: 'ann', total: 2, unread: 2 }],
    next: 'ann',
  });
  expect((await ask('GET', '?limit=1001')).status).toBe(400);
});

test('a feed token is made, listed and revoked by the admin alone, and the log has who did it', async () => {
  expect((await ask('GET', '/ann/feed-tokens', asViewer)).status).toBe(403);
  expect((await ask('POST', '/ann/feed-tokens', asViewer, {})).status).toBe(403);
  const made = await ask('POST', '/ann/feed-tokens', asAdmin, { label: 'phone' });
  expect(made.status).toBe(201);
  const { id, token, urls } = made.json;
  expect(urls.rss).toBe(`https://example.org/inbox/feeds/${token}.rss`);
  expect((await web.ask('GET', `/feeds/${token}.rss`)).status).toBe(200);
  expect((await ask('GET', '/ann/feed-tokens')).json.feed_tokens).toMatchObject([{ id, label: 'phone' }]);
  expect((await ask('DELETE', `/ann/feed-tokens/${id}`, asViewer)).status).toBe(403);
  expect((await ask('DELETE', `/ann/feed-tokens/${id}`)).status).toBe(204);
  expect((await ask('DELETE', `/ann/feed-tokens/${id}`)).status).toBe(404);
  expect((await web.ask('GET', `/feeds/${token}.rss`)).status).toBe(404);
  const what = { inbox_sha256: nameHash('ann'), token: id };
  expect(await logged()).toMatchObject([
    { who: 'admin', from: '127.0.0.1', action: 'revoke a feed token', what },
    { who: 'admin', from: '127.0.0.1', action: 'make a feed token', what },
  ]);
});

test('a person is erased by the admin alone; the log says who did it and keeps no name', async () => {
  const name = 'zoë/1';
  const path = `/${encodeURIComponent(name)}`;
  await web.deliver(name, matchJson(1));
  await ask('POST', `${path}/feed-tokens`, asAdmin, {});
  expect((await ask('DELETE', path, asViewer)).status).toBe(403);
  expect((await ask('DELETE', path, {})).status).toBe(401);
  expect((await ask('DELETE', path, asReader)).status).toBe(401);
  expect((await ask('GET', '?prefix=zo')).json.inboxes).toHaveLength(1);
  const gone = await ask('DELETE', path);
  expect({ status: gone.status, text: gone.text }).toEqual({ status: 204, text: '' });
  expect((await ask('GET', '?prefix=zo')).json).toEqual({ inboxes: [], next: null });
  expect(await redis.client().keys('*zo*')).toEqual([]);
  const [latest] = await logged();
  const inbox_sha256 = nameHash('zo%C3%AB%2F1');
  expect(latest).toMatchObject({ who: 'admin', action: 'erase an inbox', what: { inbox_sha256 } });
  expect(JSON.stringify(await logged())).not.toMatch(/zo/);
  const about = (await ask('GET', `${path}/log`, asViewer)).json.actions;
  expect(about.map(({ action }: { action: string }) => action)).toEqual([
    'erase an inbox',
    'make a feed token',
  ]);
  expect((await ask('GET', '/ann/log')).json.actions).toHaveLength(2);
});

test('what is wrong is refused and changes nothing', async () => {
  const before = (await logged()).length;
  const long = `/${'x'.repeat(513)}`;
  expect((await ask('DELETE', long)).status).toBe(400);
  expect((await ask('POST', `${long}/feed-tokens`, asAdmin, {})).status).toBe(400);
  expect((await ask('POST', '/ann/feed-tokens', asAdmin, { label: 'x'.repeat(101) })).status).toBe(400);
  expect((await ask('PUT', '/ann', asAdmin, {})).status).toBe(405);
  expect(await logged()).toHaveLength(before);
});

test('with API_TOKEN alone nobody gets past it here', async () => {
  const open = await startWeb(redis, { access: { adminUser: 'admin', apiToken: locked.apiToken } });
  const calls = [
    ['GET', 'ben/feed-tokens'],
    ['POST', 'ben/feed-tokens'],
    ['DELETE', 'ben'],
  ] as const;
  for (const [method, path] of calls) {
    const body = method === 'POST' ? {} : undefined;
    const { status, json } = await open.ask(method, `/operator/inboxes/${path}`, {}, body);
    expect(status, path).toBe(403);
    expect(json.detail).toContain('ADMIN_PASSWORD');
  }
  expect((await open.ask('GET', '/operator/inboxes')).json.inboxes).not.toEqual([]);
  expect(await redis.client().xlen(inboxKeys('ben').items)).toBe(1);
  await open.stop();
});

test('a hundred thousand inboxes are paged and found by prefix', async () => {
  const client = redis.client();
  const fill = `for part = 1, 16 do
    local rows = {}
    for at = part - 1, 99999, 16 do rows[#rows + 1] = 0; rows[#rows + 1] = string.format('p%06d', at) end
    for at = 1, #rows, 1000 do redis.call('ZADD', KEYS[part], unpack(rows, at, math.min(at + 999, #rows))) end
  end`;
  await client.eval(fill, 16, ...Array.from({ length: 16 }, (_, part) => inboxListKey(part)));
  const page = (await ask('GET', '?prefix=p0500&limit=50', asViewer)).json;
  expect(page.inboxes[0].subscriber).toBe('p050000');
  const next = (await ask('GET', `?prefix=p0500&limit=50&after=${page.next}`, asViewer)).json;
  expect([next.inboxes[0].subscriber, next.inboxes.length, next.next]).toEqual(['p050050', 50, null]);
});
