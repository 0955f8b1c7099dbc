/** A real feed reader syncs: it shows what the inbox has, and what it marks arrives. */
import { afterEach, expect, test, vi } from 'vitest';
import { useWeb, web } from '../use-web.ts';
import { asReader, matchJson } from '../web.ts';
import { decimalOf, makeToken } from './client.ts';
import { hasNewsboat, type Newsboat, openNewsboat } from './newsboat.ts';

useWeb({}, '--appendonly', 'no');
let newsboat: Newsboat | undefined;
afterEach(() => newsboat?.stop());

const PATIENT = { timeout: 20_000, interval: 100 };
const INBOX = '/api/inboxes/ann%26b';

test.skipIf(!hasNewsboat)(
  'newsboat shows what is unread, reads, stars and marks a feed',
  {
    timeout: 120_000,
  },
  async () => {
    const posts = Array.from({ length: 30 }, (_, n) => matchJson(n, 'cats'));
    await web.deliver('ann&b', ...posts);
    const api = async () => (await web.ask('GET', INBOX, asReader)).json;
    const items = async () => (await web.ask('GET', `${INBOX}/items?limit=100`, asReader)).json.items;
    const [, second] = await items();
    await web.ask('POST', `${INBOX}/read`, asReader, { ids: [(await items())[20].id] });
    const { token, greader } = await makeToken('ann&b');
    newsboat = await openNewsboat({ url: greader, user: 'ann&b', token });
    expect(await newsboat.reload()).toBe(0);
    expect(await newsboat.unread()).toBe(29);
    const rows = newsboat.rows();
    expect(rows).toHaveLength(30);
    expect(rows.map(({ title }) => title).sort()).toEqual(posts.map((_, n) => `post ${n}`).sort());
    expect(rows.filter(({ unread }) => unread === 0).map(({ title }) => title)).toEqual(['post 9']);

    await newsboat.readAndStar();
    await vi.waitFor(async () => {
      const found = await items();
      const changed = found.filter(
        ({ read, starred }: { read: boolean; starred: boolean }) => read || starred,
      );
      expect(
        changed.map(({ id, starred }: { id: string; starred: boolean }) => [id, starred]),
      ).toContainEqual([second.id, true]);
      expect(found[0].read).toBe(true);
    }, PATIENT);
    // What another client did comes down with the next reload; what came since is not in what is marked.
    const { unread } = await api();
    await web.ask('POST', `${INBOX}/read`, asReader, { ids: [(await items())[25].id] });
    expect(await newsboat.reload()).toBe(0);
    expect(await newsboat.unread()).toBe(unread - 1);
    await web.deliver('ann&b', matchJson(100, 'cats'));
    await newsboat.markFeedRead();
    await vi.waitFor(async () => expect((await api()).unread).toBe(1), PATIENT);
    expect((await items())[0]).toMatchObject({ read: false });
    expect(newsboat.rows().every(({ guid }) => /^\d+$/.test(decimalOf(guid)))).toBe(true);
  },
);

test.skipIf(!hasNewsboat)('newsboat logs in to a new inbox, and is told so where it may not', async () => {
  const { token, greader } = await makeToken('new');
  newsboat = await openNewsboat({ url: greader, user: 'new', token });
  expect(await newsboat.reload()).toBe(0);
  expect(await newsboat.unread()).toBe(0);
  await newsboat.stop();
  newsboat = await openNewsboat({ url: greader, user: 'new', token: 'x'.repeat(43) });
  expect(await newsboat.reload()).toBe(1);
});
