/** What the reader page shows of an inbox, and how one gets about in it: in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { hasBrowser, openPage, startBrowser } from '../browser.ts';
import { adminPassword, asReader, matchJson, startWeb, type TestWeb } from '../web.ts';

let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis();
  web = await startWeb(redis);
  browser = await startBrowser();
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await redis?.stop();
});

const login = { username: 'admin', password: adminPassword };
const poll = <Value>(read: () => Value | Promise<Value>) =>
  expect.poll(read, { timeout: 20_000, interval: 50 });
const open = (inbox: string, look: { phone?: boolean; dark?: boolean } = {}) =>
  openPage(browser, { url: `${web.url}/reader/${inbox}`, login, ...look });
const textsOf = (page: Page): Promise<string[]> => page.locator('article .text').allInnerTexts();
const sideOf = (page: Page): Promise<string[]> => page.locator('#subscriptions a').allInnerTexts();
const unreadOf = async (inbox: string) =>
  (await web.ask('GET', `/api/inboxes/${inbox}`, asReader)).json.unread;
const post = (n: number, subscription: string, record: object = {}) =>
  matchJson(n, subscription, { rawRecord: JSON.stringify({ text: `post ${n}`, ...record }) });

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('subscriptions stand beside the items with what is unread; of one of them all is marked read, and taken back', async () => {
    await web.deliver('ann', post(1, 'cats'), post(2, 'dogs'), post(3, 'cats'), post(4, 'cats'));
    await web.ask('PUT', '/api/subscriptions/cats', asReader, { title: '<b>Cats' });
    const { page, trouble } = await open('ann');
    await poll(() => sideOf(page)).toEqual(['<b>Cats\n3', 'dogs\n1']);
    await page.getByRole('link', { name: '<b>Cats' }).first().click();
    await poll(() => textsOf(page)).toEqual(['post 4', 'post 3', 'post 1']);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('<b>Cats');
    await page.locator('article').first().getByRole('button', { name: 'Mark read' }).click();
    await poll(() => sideOf(page)).toEqual(['<b>Cats\n2', 'dogs\n1']);
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await page.getByText('2 posts marked read.').waitFor();
    expect([await unreadOf('ann'), await page.locator('article.read').count()]).toEqual([1, 3]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await poll(() => page.locator('article.read').count()).toBe(1);
    await poll(() => unreadOf('ann')).toBe(3);
    await poll(() => sideOf(page)).toEqual(['<b>Cats\n2', 'dogs\n1']);
    await web.deliver('ann', post(5, 'dogs'), post(6, 'cats'));
    await poll(() => textsOf(page)).toEqual(['post 6', 'post 4', 'post 3', 'post 1']);
    expect(trouble).toEqual([]);
  });

  test('all that is unread is marked and taken back, shown or not; more than an undo remembers is asked first', async () => {
    await web.deliver('ben', ...Array.from({ length: 40 }, (_, n) => post(n, 'cats')));
    const { page } = await open('ben');
    await page.getByText('40 unread').waitFor();
    await page.locator('article').nth(3).getByRole('button', { name: 'Mark read' }).click();
    await page.getByText('39 unread').waitFor();
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await page.getByText('39 posts marked read.').waitFor();
    expect(await unreadOf('ben')).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('39 unread').waitFor();
    expect(await page.locator('article.read').count()).toBe(1);
    await web.deliver('flo', ...Array.from({ length: 1_001 }, (_, n) => post(n, 'cats')));
    await page.goto(`${web.url}/reader/flo`);
    await page.getByText('1,001 unread').waitFor();
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await page.getByText('More than 1,000 posts are unread').waitFor();
    expect(await unreadOf('flo')).toBe(1_001);
    await page.getByRole('button', { name: 'Mark them read' }).click();
    await poll(() => unreadOf('flo')).toBe(0);
  });

  test('by keyboard: / searches, ? helps, g a shows all again; keys typed into the field are words', async () => {
    await web.deliver(
      'cat',
      post(1, 'cats'),
      post(2, 'cats', { text: 'jam and MARMALADE' }),
      post(3, 'cats'),
    );
    const { page, trouble } = await open('cat');
    await page.getByText('3 unread').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('marmalade jam');
    await page.keyboard.press('Enter');
    await poll(() => textsOf(page)).toEqual(['jam and MARMALADE']);
    await page.keyboard.press('/');
    await page.keyboard.type('smok?');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing found.').waitFor();
    await web.deliver('cat', post(4, 'cats'));
    await page.getByText('4 unread').waitFor();
    expect(await textsOf(page)).toEqual([]);
    await page.goBack();
    await poll(() => textsOf(page)).toEqual(['jam and MARMALADE']);
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await poll(() => textsOf(page)).toEqual(['post 4', 'post 3', 'jam and MARMALADE', 'post 1']);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('m');
    await page.keyboard.press('Escape');
    expect(await unreadOf('cat')).toBe(4);
    expect(trouble).toEqual([]);
  });

  test('on a phone the column waits behind a button', async () => {
    await web.deliver('dan', post(1, 'cats'), post(2, 'dogs'));
    const { page, trouble } = await open('dan', { phone: true, dark: true });
    await poll(() => textsOf(page)).toEqual(['post 2', 'post 1']);
    expect(await page.getByRole('link', { name: 'dogs' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Views and subscriptions' }).click();
    await page.locator('#side').getByRole('link', { name: 'dogs' }).click();
    await poll(() => textsOf(page)).toEqual(['post 2']);
    await page.locator('#side').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('searchbox').fill('post 2');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '“post 2” in dogs' }).waitFor();
    expect(trouble).toEqual([]);
  });

  test('what becomes known later is shown in its place: names, quotes, withdrawals; nothing in them is markup', async () => {
    await web.deliver('eve', post(1, 'cats'), post(2, 'cats'), post(3, 'cats'));
    const { items } = (await web.ask('GET', '/api/inboxes/eve/items', asReader)).json;
    const did = items[0].post.author;
    const markup = '<img src=x onerror=alert(1)>\u202e';
    const known = [
      { ...items[0], author: { did, handle: 'ann.example', display_name: markup, avatar_url: null } },
      {
        ...items[1],
        quote: {
          uri: 'at://x',
          url: 'https://bsky.app/x',
          author: { did, handle: 'b.example' },
          text: markup,
          state: 'ok',
        },
      },
      {
        ...items[2],
        withdrawn: { at: items[2].delivered_at, why: 'deleted' },
        post: { ...items[2].post, text: '', raw_record: null },
      },
    ];
    const { page, trouble } = await openPage(browser, { url: `${web.url}/parked`, login });
    await page.route('**/api/inboxes/eve/live*', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: known.map((item) => `event: update\ndata: ${JSON.stringify(item)}\n\n`).join(''),
      }),
    );
    await page.goto(`${web.url}/reader/eve`);
    await page.getByText('@ann.example').waitFor();
    expect(await page.locator('article .name').first().innerText()).toBe(markup);
    await page.getByRole('link', { name: 'b.example' }).waitFor();
    expect(await page.locator('.said').innerText()).toBe(markup);
    await page.getByText('Deleted by its author.').waitFor();
    expect(await textsOf(page)).toEqual(['post 3', 'post 2']);
    expect(await page.locator('main img').count()).toBe(0);
    expect(trouble).toEqual([]);
  });
});
