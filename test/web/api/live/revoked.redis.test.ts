/** What a token or a password opened ends with it, in every web process. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type EventClient, openEvents } from '../../../fixtures/event-stream.ts';
import { startRedis } from '../../../fixtures/redis.ts';
import { redis, useWeb, web } from '../../use-web.ts';
import { asReader, basic, type Headers, locked, matchJson, startWeb, type TestWeb } from '../../web.ts';

const liveLimits = { heartbeatMs: 100 };
useWeb({ liveLimits });
let other: TestWeb;
const opened: EventClient[] = [];
beforeAll(async () => {
  other = await startWeb(redis, { liveLimits });
});
afterAll(async () => {
  for (const client of opened) client.cut();
  await other?.stop();
});

const until = (check: () => void) => vi.waitFor(check, 15_000);
function live(of: TestWeb, inbox: string, headers: Headers): EventClient {
  const client = openEvents(`${of.url}/api/inboxes/${inbox}/live`, headers);
  opened.push(client);
  return client;
}
const allOpen = (clients: EventClient[]) =>
  until(() => expect(clients.map(({ status, isOpen }) => status === 200 && isOpen)).not.toContain(false));
const tokenOf = async (of: TestWeb, inbox: string): Promise<{ id: string; token: string }> =>
  (await of.ask('POST', `/api/inboxes/${inbox}/feed-tokens`, asReader, {})).json;
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const cookie = (token: string): Headers => ({ cookie: `skywire_inbox_token=${token}` });
/** As the reader page asks, with a login. */
const onPage = (of: TestWeb, password: string): Headers => ({
  authorization: basic('admin', password),
  referer: `${of.url}/reader/ann`,
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
});

test('a revoked feed token ends its streams in every process, by bearer and by cookie, and no others', async () => {
  const { id, token } = await tokenOf(web, 'ann');
  const kept = await tokenOf(web, 'ann');
  const meant = [web, other].flatMap((of) => [
    live(of, 'ann', bearer(token)),
    live(of, 'ann', cookie(token)),
  ]);
  const others = [web, other].flatMap((of) => [
    live(of, 'ann', bearer(kept.token)),
    live(of, 'ann', asReader),
  ]);
  await allOpen([...meant, ...others]);
  const revoked = await web.ask('DELETE', `/api/inboxes/ann/feed-tokens/${id}`, asReader);
  expect(revoked.status).toBe(204);
  await until(() => expect(meant.map(({ isOpen }) => isOpen)).not.toContain(true));
  await web.deliver('ann', matchJson(1));
  await until(() => expect(others.map((client) => client.ids().length)).toEqual([1, 1, 1, 1]));
  expect(meant.flatMap((client) => client.ids())).toEqual([]);
  for (const headers of [bearer(token), cookie(token)])
    expect((await other.ask('GET', '/api/inboxes/ann/live', headers)).status).toBe(401);
});

test('while Redis is away a token is not taken for revoked; what is revoked then ends when it is back', async () => {
  const own = await startRedis();
  const [one, two] = [await startWeb(own, { liveLimits }), await startWeb(own, { liveLimits })];
  try {
    const { id, token } = await tokenOf(one, 'ben');
    const client = live(one, 'ben', bearer(token));
    await allOpen([client]);
    await own.kill9();
    const before = client.comments;
    await until(() => expect(client.comments).toBeGreaterThan(before + 3));
    expect(client.isOpen).toBe(true);
    await own.restart();
    await vi.waitFor(async () => {
      const { status } = await two.ask('DELETE', `/api/inboxes/ben/feed-tokens/${id}`, asReader);
      expect(status).toBe(204);
    }, 15_000);
    await until(() => expect(client.isOpen).toBe(false));
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    await own.stop();
  }
});

test('a web process that is started again with another password takes nothing that the old one opened', async () => {
  const before = await startWeb(redis, { isLoopback: false });
  const login = onPage(before, locked.adminPassword!);
  const client = live(before, 'cat', login);
  await allOpen([client]);
  expect((await before.ask('GET', '/operator/session', login)).status).toBe(200);
  await before.stop();
  await until(() => expect(client.isOpen).toBe(false));
  const after = await startWeb(redis, {
    isLoopback: false,
    access: { ...locked, adminPassword: 'another-1' },
  });
  for (const path of [
    '/api/inboxes/cat/live',
    '/api/inboxes/cat',
    '/reader/cat',
    '/operator/session',
    '/parked',
  ])
    expect((await after.ask('GET', path, onPage(after, locked.adminPassword!))).status, path).toBe(401);
  const again = live(after, 'cat', onPage(after, 'another-1'));
  await allOpen([again]);
  await after.stop();
});
