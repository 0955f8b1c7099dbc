import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { inboxKeys } from '../../../src/redis/keys.ts';
import { type EventClient, openEvents } from '../../fixtures/event-stream.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asAdmin, asReader, asViewer, matchJson, startWeb, type TestWeb } from '../web.ts';

useWeb({ isLoopback: false });
let other: TestWeb;
const opened: EventClient[] = [];
beforeAll(async () => {
  other = await startWeb(redis, { isLoopback: false });
});
afterAll(async () => {
  for (const client of opened) client.cut();
  await other?.stop();
});

const live = (of: TestWeb, inbox: string): EventClient => {
  const client = openEvents(`${of.url}/api/inboxes/${inbox}/live`, asReader);
  opened.push(client);
  return client;
};
const erase = (inbox: string, headers = asReader) => web.ask('DELETE', `/api/inboxes/${inbox}`, headers);

test('a person is erased: streams of every web process end, tokens are void, nothing with the name is left', async () => {
  await web.deliver('ann', matchJson(1), matchJson(2));
  await web.deliver('ben', matchJson(1));
  await web.ask('PUT', '/api/subscriptions/cats/subscribers/ann', asReader);
  const { urls } = (await web.ask('POST', '/api/inboxes/ann/feed-tokens', asReader, {})).json;
  const feed = new URL(urls.rss).pathname;
  expect((await web.ask('GET', feed)).status).toBe(200);
  const streams = [live(web, 'ann'), live(other, 'ann')];
  const kept = [live(web, 'ben'), live(other, 'ben')];
  await vi.waitFor(() => expect([...streams, ...kept].every(({ isOpen }) => isOpen)).toBe(true), 10_000);
  const gone = await erase('ann');
  expect({ status: gone.status, text: gone.text }).toEqual({ status: 204, text: '' });
  await vi.waitFor(() => expect(streams.map(({ isOpen }) => isOpen)).toEqual([false, false]), 10_000);
  expect(kept.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  expect((await web.ask('GET', feed)).status).toBe(404);
  expect(await redis.client().keys('*ann*')).toEqual([]);
  expect((await web.ask('GET', '/api/inboxes/ann', asReader)).json).toMatchObject({ total: 0, unread: 0 });
  expect((await web.ask('GET', '/api/subscriptions/cats', asReader)).json).toMatchObject({ total: 0 });
  expect((await web.ask('GET', '/api/inboxes', asReader)).json).toMatchObject({
    inboxes: [{ subscriber: 'ben' }],
  });
  expect((await erase('ann')).status).toBe(204);
  expect((await erase('never-was')).status).toBe(204);
});

test('a feed token of the inbox erases nobody, nor does a login, nor nobody', async () => {
  await web.deliver('zoe', matchJson(1));
  const { token } = (await web.ask('POST', '/api/inboxes/zoe/feed-tokens', asReader, {})).json;
  const readers = [
    { authorization: `Bearer ${token}` },
    { cookie: `skywire_inbox_token=${token}` },
    asAdmin,
    {
      ...asAdmin,
      referer: `${web.url}/reader/zoe`,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
    },
    asViewer,
    {},
  ];
  for (const headers of readers)
    for (const path of ['zoe', 'zoe/'])
      expect((await erase(path, headers as typeof asReader)).status).toBe(401);
  expect(await redis.client().xlen(inboxKeys('zoe').items)).toBe(1);
  expect((await erase('zoe/')).status).toBe(204);
});
