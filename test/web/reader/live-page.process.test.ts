/** Pages of one browser that stay open: many at once, behind a proxy whose server goes away, hidden, and with a link that is revoked. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openEvents } from '../../fixtures/event-stream.ts';
import { isFull } from '../../fixtures/full-size.ts';
import { startHttpProxy } from '../../fixtures/http-proxy.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { hasBrowser, startBrowser } from '../browser.ts';
import { adminPassword, asReader, locked, matchJson, startWeb, type TestWeb } from '../web.ts';

const WAIT = { timeout: 30_000 };
let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis();
  web = await startWeb(redis, { liveLimits: { heartbeatMs: 500 } });
  browser = await startBrowser();
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  if (web) await vi.waitFor(() => expect(web.live.load().streams).toBe(0), WAIT);
});
afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await redis?.stop();
});

const poll = <Value>(read: () => Value | Promise<Value>) => expect.poll(read, { ...WAIT, interval: 50 });
const inContext = (): Promise<BrowserContext> =>
  browser.newContext({ httpCredentials: { username: 'admin', password: adminPassword } });
const says = (page: Page, text: string) => page.locator('#live', { hasText: text }).waitFor(WAIT);
const textsOf = (page: Page): Promise<string[]> => page.locator('article .text').allInnerTexts();
const streams = (): number => web.live.load().streams;
const posts = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, n) => matchJson(first + n));

async function openAll(context: BrowserContext, inboxes: readonly string[]): Promise<Page[]> {
  const pages: Page[] = [];
  for (const inbox of inboxes) {
    const page = await context.newPage();
    await page.goto(`${web.url}/reader/${inbox}`, WAIT);
    await page.locator('#live:not(:empty)').waitFor(WAIT);
    pages.push(page);
  }
  return pages;
}

/** No headless browser hides a page that it drives: the page is told as a browser tells it. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`,
  );

async function opensParked(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${web.url}/parked`, WAIT);
  await page.getByText('Nothing is parked.').waitFor(WAIT);
  await page.close();
}

describe.skipIf(!hasBrowser)('in a browser', () => {
  test.runIf(isFull)(
    'seven pages hang neither each other nor /parked: those of an inbox share a stream, three stream in all, each shows what comes',
    async () => {
      const context = await inContext();
      const inboxes = ['same', 'same', 'same', 'ann', 'ben', 'cat', 'dan'];
      const pages = await openAll(context, inboxes);
      for (const page of pages.slice(0, 5)) await says(page, '● live');
      for (const page of pages.slice(5)) await says(page, 'checking every 5 s');
      expect(streams()).toBe(3);
      await opensParked(context);
      for (const inbox of new Set(inboxes)) await web.deliver(inbox, ...posts(1, 2));
      for (const page of pages) await poll(() => textsOf(page)).toEqual(['post 2', 'post 1']);
      await pages[2]!.getByRole('button', { name: 'Mark read' }).first().click();
      await pages[2]!.getByText('1 unread').waitFor(WAIT);
      await pages[0]!.close();
      await says(pages[5]!, '● live');
      expect(streams()).toBe(3);
      await web.deliver('same', ...posts(3, 3));
      for (const page of pages.slice(1, 3))
        await poll(() => textsOf(page)).toEqual(['post 3', 'post 2', 'post 1']);
    },
  );

  test('a hidden page lets go of its stream, another of the inbox takes it; shown again it has what came meanwhile', async () => {
    const context = await inContext();
    const [first, second] = (await openAll(context, ['shy', 'shy'])) as [Page, Page];
    for (const page of [first, second]) await says(page, '● live');
    await setHidden(first, true);
    await setHidden(second, true);
    await poll(streams).toBe(0);
    for (const page of [first, second]) await says(page, 'while hidden');
    await web.deliver('shy', ...posts(1, 3));
    await setHidden(second, false);
    await says(second, '● live');
    await poll(streams).toBe(1);
    await setHidden(first, false);
    for (const page of [first, second])
      await poll(() => textsOf(page)).toEqual(['post 3', 'post 2', 'post 1']);
  });

  test.runIf(isFull)(
    'a proxy answers 502 for five seconds: the page says so, comes back by itself and has each item once',
    async () => {
      const proxy = await startHttpProxy(web.port);
      const context = await inContext();
      try {
        await web.deliver('behind', ...posts(1, 1));
        const page = await context.newPage();
        await page.goto(`${proxy.url}/reader/behind`, WAIT);
        await says(page, '● live');
        proxy.answer(502);
        const fiveSeconds = pause(5_000);
        await web.deliver('behind', ...posts(2, 120));
        await says(page, 'The server answered 502');
        await fiveSeconds;
        proxy.answer(undefined);
        await says(page, '● live');
        await web.deliver('behind', ...posts(121, 121));
        const all = Array.from({ length: 121 }, (_, n) => `post ${121 - n}`);
        await poll(() => textsOf(page)).toEqual(all);
        await page.getByText('121 unread').waitFor(WAIT);
      } finally {
        await proxy.stop();
      }
    },
  );

  test('a page that is opened while the server is away shows the inbox when it is back', async () => {
    const proxy = await startHttpProxy(web.port);
    const context = await inContext();
    try {
      await web.deliver('early', ...posts(1, 1));
      const page = await context.newPage();
      await page.route('**/api/inboxes/early', (route) => route.fulfill({ status: 503, body: 'no' }), {
        times: 1,
      });
      await page.goto(`${proxy.url}/reader/early`, WAIT);
      await says(page, 'The server answered 503');
      await poll(() => textsOf(page)).toEqual(['post 1']);
      await says(page, '● live');
    } finally {
      await proxy.stop();
    }
  });

  test.runIf(isFull)(
    'while the server has no room for a stream the page looks every 5 s; it streams when there is',
    async () => {
      const full = await startWeb(redis, { liveLimits: { inAll: 1 } });
      const context = await inContext();
      const client = openEvents(`${full.url}/api/inboxes/full/live`, asReader);
      try {
        await poll(() => client.isOpen).toBe(true);
        const page = await context.newPage();
        await page.goto(`${full.url}/reader/full`, WAIT);
        await says(page, 'checking every 5 s. Too many streams are open');
        await full.deliver('full', ...posts(1, 1));
        await poll(() => textsOf(page)).toEqual(['post 1']);
        client.cut();
        await says(page, '● live');
      } finally {
        client.cut();
        await full.stop();
      }
    },
  );

  test('a link that is revoked stops its page, which says so and shows nothing that comes later', async () => {
    const { id, urls } = (await web.ask('POST', '/api/inboxes/lent/feed-tokens', asReader, {})).json;
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(urls.reader, WAIT);
    await says(page, '● live');
    await web.ask('DELETE', `/api/inboxes/lent/feed-tokens/${id}`, asReader);
    await says(page, 'access to this inbox has ended');
    expect(streams()).toBe(0);
    await web.deliver('lent', ...posts(1, 1));
    expect(await textsOf(page)).toEqual([]);
  });

  test('a password that is changed stops the pages it opened, and asks nobody for a password until they are loaded anew', async () => {
    const proxy = await startHttpProxy(web.port);
    const access = { ...locked, adminPassword: 'another-Pw:1' };
    const other = await startWeb(redis, { access });
    const context = await inContext();
    try {
      // Of a link that was revoked: a login passes it by.
      const { hostname: domain } = new URL(proxy.url);
      const cookie = { name: 'skywire_inbox_token', value: 'x'.repeat(43), domain };
      await context.addCookies(['/reader/kept', '/api/inboxes/kept'].map((path) => ({ ...cookie, path })));
      const page = await context.newPage();
      await page.goto(`${proxy.url}/reader/kept`, WAIT);
      await says(page, '● live');
      proxy.passTo(other.port);
      await says(page, 'access to this inbox has ended');
      await other.deliver('kept', ...posts(1, 1));
      await context.setHTTPCredentials({ username: 'admin', password: access.adminPassword });
      expect(await textsOf(page)).toEqual([]);
      await page.reload(WAIT);
      await says(page, '● live');
      expect(await textsOf(page)).toEqual(['post 1']);
    } finally {
      await other.stop();
      await proxy.stop();
    }
  });
});
