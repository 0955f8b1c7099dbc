import { expect, test } from 'vitest';
import { inboxKeys } from '../../../src/redis/keys.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { type Answer, asAdmin, asReader, matchJson } from '../web.ts';

useWeb({ isLoopback: false });

const get = (path: string): Promise<Answer> => web.ask('GET', path, asReader);
const namesIn = ({ json }: Answer): string[] =>
  json.inboxes.map(({ subscriber }: { subscriber: string }) => subscriber);

test('inboxes are listed by name, with their counts, in pages and by prefix', async () => {
  expect((await get('/api/inboxes')).json).toEqual({ inboxes: [], next: null });
  for (const name of ['team-b', 'team-a', 'ä/ö', 'ann']) await web.deliver(name, matchJson(1), matchJson(2));
  const { newest } = (await get('/api/inboxes/ann')).json;
  await web.ask('POST', '/api/inboxes/ann/read', asReader, { ids: [newest] });
  const first = await get('/api/inboxes?limit=2');
  expect(first.json).toEqual({
    inboxes: [
      { subscriber: 'ä/ö', total: 2, unread: 2, newest: expect.stringMatching(/^\d+-\d+$/) },
      { subscriber: 'ann', total: 2, unread: 1, newest },
    ],
    next: 'ann',
  });
  expect(namesIn(await get('/api/inboxes?limit=2&after=ann'))).toEqual(['team-a', 'team-b']);
  expect((await get('/api/inboxes?prefix=team-&limit=1')).json).toMatchObject({ next: 'team-a' });
  expect(namesIn(await get('/api/inboxes?prefix=team-&after=team-a'))).toEqual(['team-b']);
  expect(namesIn(await get(`/api/inboxes?prefix=${encodeURIComponent('ä')}`))).toEqual(['ä/ö']);
  expect((await get('/api/inboxes?prefix=')).status).toBe(400);
});

test('who is registered or has a feed token is listed, though nothing came yet', async () => {
  await web.ask('PUT', '/api/subscriptions/cats/subscribers/zoe', asReader);
  await web.ask('POST', '/api/inboxes/zac/feed-tokens', asReader, {});
  expect((await get('/api/inboxes?prefix=z')).json.inboxes).toEqual([
    { subscriber: 'zac', total: 0, unread: 0, newest: null },
    { subscriber: 'zoe', total: 0, unread: 0, newest: null },
  ]);
});

test('an inbox under whose name another program keeps something else is left out, and hides no other', async () => {
  await web.deliver('x-1', matchJson(1));
  await web.deliver('x-2', matchJson(1));
  await redis.client().set(inboxKeys('x-1').items, 'not a stream');
  expect((await get('/api/inboxes?prefix=x-')).json).toMatchObject({
    inboxes: [{ subscriber: 'x-2' }],
    next: null,
  });
});

test('a feed token lists nothing, nor does a login', async () => {
  const { token } = (await web.ask('POST', '/api/inboxes/ann/feed-tokens', asReader, {})).json;
  const reader = { authorization: `Bearer ${token}` };
  expect((await web.ask('GET', '/api/inboxes/ann', reader)).status).toBe(200);
  expect((await web.ask('GET', '/api/inboxes', reader)).status).toBe(401);
  expect((await web.ask('GET', '/api/inboxes', asAdmin)).status).toBe(401);
});
