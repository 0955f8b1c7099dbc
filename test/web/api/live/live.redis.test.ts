import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, expect, test, vi } from 'vitest';
import { inboxKeys } from '../../../../src/redis/keys.ts';
import { type EventClient, openEvents } from '../../../fixtures/event-stream.ts';
import { startRedis } from '../../../fixtures/redis.ts';
import { redis, useWeb, web } from '../../use-web.ts';
import { asReader, matchJson, startWeb, type TestWeb } from '../../web.ts';

const opened: EventClient[] = [];
useWeb({ liveLimits: { heartbeatMs: 100, slowMs: 1_000, perInbox: 5 } });
afterAll(async () => {
  for (const client of opened) client.cut();
});

const WAIT = { timeout: 10_000, interval: 10 };
const until = (check: () => void | Promise<void>) => vi.waitFor(check, WAIT);

function live(inbox: string, options: { lastId?: string; query?: string; of?: TestWeb } = {}): EventClient {
  const { lastId, query = '', of = web } = options;
  const client = openEvents(`${of.url}/api/inboxes/${inbox}/live${query}`, asReader, lastId);
  opened.push(client);
  return client;
}
const opens = (client: EventClient) => until(() => expect(client.isOpen).toBe(true));
const texts = (client: EventClient): string[] =>
  client.events.flatMap(({ id, data }) =>
    id === undefined ? [] : [(JSON.parse(data) as { post: { text: string } }).post.text],
  );
const idsIn = async (inbox: string): Promise<string[]> =>
  (await redis.client().xrange(inboxKeys(inbox).items, '-', '+')).map(([id]) => id);
const posts = (...numbers: number[]) => numbers.map((number) => matchJson(number));

test('who connects gets what comes from then on, at once, each item as the API shows it', async () => {
  await web.deliver('fresh', ...posts(1, 2));
  const client = live('fresh');
  await opens(client);
  expect(client.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(client.headers['cache-control']).toContain('no-store');
  await until(() => expect(client.events).toHaveLength(1));
  expect(client.events[0]).toEqual({ event: 'counts', data: '{"total":2,"unread":2}' });
  await web.deliver('fresh', ...posts(3));
  await until(() => expect(client.events).toHaveLength(3));
  const { items } = (await web.ask('GET', '/api/inboxes/fresh/items?limit=1', asReader)).json;
  expect(JSON.parse(client.events[1]!.data)).toEqual(items[0]);
  expect(client.events[1]!.id).toBe(items[0].id);
  expect(client.events[2]).toEqual({ event: 'counts', data: '{"total":3,"unread":3}' });
});

test('who comes back gets what was missed, in order, and then what comes', async () => {
  await web.deliver('back', ...Array.from({ length: 130 }, (_, n) => matchJson(n)));
  const ids = await idsIn('back');
  const client = live('back', { lastId: ids[9]! });
  await until(() => expect(client.ids()).toHaveLength(120));
  await web.deliver('back', ...posts(200, 201));
  await until(() => expect(client.ids()).toHaveLength(122));
  expect(client.ids()).toEqual((await idsIn('back')).slice(10));
  expect(texts(client).slice(-3)).toEqual(['post 129', 'post 200', 'post 201']);
});

test('?after= begins a first connection; the id of the last event counts where there is one', async () => {
  await web.deliver('after', ...posts(1, 2, 3));
  const [one, two] = (await idsIn('after')) as [string, string];
  const first = live('after', { query: `?after=${one}` });
  await until(() => expect(texts(first)).toEqual(['post 2', 'post 3']));
  const again = live('after', { query: `?after=${one}`, lastId: two });
  await until(() => expect(texts(again)).toEqual(['post 3']));
  const all = live('after', { query: '?after=0-0' });
  await until(() => expect(texts(all)).toHaveLength(3));
});

test('an inbox that nothing was delivered to yet can be watched', async () => {
  const client = live('empty');
  await opens(client);
  await until(() => expect(client.events).toHaveLength(1));
  await web.deliver('empty', ...posts(1));
  await until(() => expect(texts(client)).toEqual(['post 1']));
});

test('an inbox that is watched while others are gets its items as soon as they do', async () => {
  const others = live('others');
  await opens(others);
  await until(() => expect(others.events).toHaveLength(1));
  const startedAt = performance.now();
  for (let n = 0; n < 20; n += 1) {
    const client = live(`late-${n}`);
    await opens(client);
    await web.deliver(`late-${n}`, ...posts(1));
    await until(() => expect(texts(client)).toEqual(['post 1']));
    client.cut();
  }
  // A read that blocks for 5 s would otherwise be waited for each time.
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test('a cursor that is none is refused; one beyond the end gets what comes', async () => {
  for (const lastId of ['garbage', '1', '-1-0', '99999999999999999999999-0', 'é']) {
    const answer = await web.ask('GET', '/api/inboxes/cursors/live', {
      ...asReader,
      'last-event-id': lastId,
    });
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    });
  }
  expect((await web.ask('GET', '/api/inboxes/cursors/live?after=x', asReader)).status).toBe(400);
  expect((await web.ask('GET', '/api/inboxes/cursors/live')).status).toBe(401);
  expect((await web.ask('HEAD', '/api/inboxes/cursors/live', asReader)).headers['content-type']).toContain(
    'event-stream',
  );
  const beyond = live('cursors', { lastId: '18446744073709551615-18446744073709551615' });
  const other = live('cursors');
  await opens(beyond);
  await opens(other);
  await web.deliver('cursors', ...posts(1));
  await until(() => expect([texts(beyond), texts(other)]).toEqual([['post 1'], ['post 1']]));
});

test('a line break in a record makes no event', async () => {
  const client = live('breaks');
  await opens(client);
  await web.deliver(
    'breaks',
    matchJson(1, 'sub', {
      rawRecord: '{"a":1,\r\n\r\n"id: 7\\n":"\\n\\ndata: x"\n}',
      text: 'a\n\nid: 5\r\rb',
    }),
  );
  await until(() => expect(texts(client)).toEqual(['a\n\nid: 5\r\rb']));
  expect(client.events.filter(({ id }) => id !== undefined)).toHaveLength(1);
});

test("somebody else's entry in an inbox is no event and stops nobody", async () => {
  const client = live('alien');
  await opens(client);
  await redis.client().xadd(inboxKeys('alien').items, '*', 'alien', '1');
  await web.deliver('alien', ...posts(1));
  await redis.client().xadd(inboxKeys('alien').items, '*', 'alien', '2');
  await web.deliver('alien', ...posts(2));
  await until(() => expect(texts(client)).toEqual(['post 1', 'post 2']));
});

test('who comes back after unread items were removed is told so', async () => {
  await web.deliver('gaps', ...posts(1, 2, 3, 4));
  const ids = await idsIn('gaps');
  await redis.client().xtrim(inboxKeys('gaps').items, 'MAXLEN', 1);
  const client = live('gaps', { lastId: ids[0]! });
  await until(() => expect(texts(client)).toEqual(['post 4']));
  expect(client.events[0]).toEqual({ event: 'gap', data: JSON.stringify({ unread: 3, until: ids[2] }) });
});

test('a heartbeat comes while nothing else does', async () => {
  const client = live('quiet');
  await until(() => expect(client.comments).toBeGreaterThan(2));
});

test('an inbox has so many streams; one that is left makes room', async () => {
  const five = Array.from({ length: 5 }, () => live('limited'));
  for (const client of five) await opens(client);
  const sixth = await web.ask('GET', '/api/inboxes/limited/live', asReader);
  expect([sixth.status, sixth.headers['retry-after']]).toEqual([429, '2']);
  five[0]!.cut();
  const next = live('limited');
  await until(() => {
    if (next.status === 429) next.connect();
    expect(next.isOpen).toBe(true);
  });
});

test('a client that does not read is cut, holds nothing afterwards, and finds all of it when it comes back', async () => {
  for (const other of opened) other.cut();
  await until(() => expect(web.live.load().streams).toBe(0));
  const socket: Socket = connect(web.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const lines = [`GET /api/inboxes/slow/live?after=0-0 HTTP/1.1`, `Host: 127.0.0.1:${web.port}`];
  socket.write(
    Buffer.from(`${[...lines, `Authorization: ${asReader.authorization}`].join('\r\n')}\r\n\r\n`, 'latin1'),
  );
  await until(() => expect(web.live.load().streams).toBe(1));
  const text = 'x'.repeat(200_000);
  for (let n = 0; n < 60; n += 1) await web.deliver('slow', matchJson(n, 'sub', { text }));
  await until(() => expect(web.live.load().pendingBytes).toBeGreaterThan(0));
  await until(() => expect(web.live.load()).toEqual({ streams: 0, pendingBytes: 0 }));
  socket.destroy();
  const client = live('slow', { lastId: '0-0' });
  await until(() => expect(client.ids()).toHaveLength(60));
  expect(client.ids()).toEqual(await idsIn('slow'));
});

test('Redis away and back: the streams stay, and go on where they were', async () => {
  const own = await startRedis();
  const other = await startWeb(own);
  try {
    const client = live('outage', { of: other });
    await opens(client);
    await other.deliver('outage', ...posts(1));
    await until(() => expect(texts(client)).toEqual(['post 1']));
    await own.kill9();
    await own.restart();
    await until(async () => {
      expect((await other.ask('GET', '/readyz')).status).toBe(200);
    });
    await other.deliver('outage', ...posts(2));
    await until(() => expect(texts(client)).toEqual(['post 1', 'post 2']));
    expect(client.isOpen).toBe(true);
  } finally {
    await other.stop();
    await own.stop();
  }
});

test('a key of another type under one inbox ends its streams and no others', async () => {
  const client = live('replaced');
  const other = live('untouched');
  await opens(client);
  await opens(other);
  await web.deliver('replaced', ...posts(1));
  await until(() => expect(texts(client)).toEqual(['post 1']));
  await redis.client().multi().del(inboxKeys('replaced').items).set(inboxKeys('replaced').items, 'x').exec();
  await until(() => expect(client.isOpen).toBe(false));
  await web.deliver('untouched', ...posts(1));
  await until(() => expect(texts(other)).toEqual(['post 1']));
  expect((await web.ask('GET', '/api/inboxes/replaced/live', asReader)).status).toBe(409);
});

test('a stop ends every stream, at once', async () => {
  const other = await startWeb(redis);
  const clients = Array.from({ length: 10 }, (_, n) => live(`ending-${n % 3}`, { of: other }));
  for (const client of clients) await opens(client);
  await other.stop();
  await until(() => expect(clients.some((client) => client.isOpen)).toBe(false));
});
