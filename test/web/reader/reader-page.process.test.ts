/** The reader page as a person meets it: a real browser that can reach nothing but this machine. */

import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostilePosts } from '../../fixtures/reader-posts.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import {
  adminPassword,
  asAdmin,
  asReader,
  matchJson,
  startWeb,
  type TestWeb,
  viewerPassword,
} from '../web.ts';

const executablePath = '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser)
  console.warn(`SKIPPED: the reader page is not tested in a browser, there is no ${executablePath}`);

let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
beforeAll(async () => {
  redis = await startRedis();
  web = await startWeb(redis);
  if (!hasBrowser) return;
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
});
afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await redis?.stop();
});

async function open(
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; trouble: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(`page error: ${error.message}`));
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401'))
      trouble.push(`console: ${message.text()}`);
  });
  await context.route('**/*', (route) => {
    if (new URL(route.request().url()).hostname === '127.0.0.1') return route.continue();
    if (!route.request().url().startsWith('https://bsky.app/'))
      trouble.push(`elsewhere: ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(url);
  return { page, trouble };
}

async function tokenOf(inbox: string): Promise<{ id: string; token: string; urls: { reader: string } }> {
  return (await web.ask('POST', `/api/inboxes/${encodeURIComponent(inbox)}/feed-tokens`, asReader, {})).json;
}
const summary = async (inbox: string) => (await web.ask('GET', `/api/inboxes/${inbox}`, asReader)).json;

/** For people who want to look: in the folder for temporary files, the newest run's. */
const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(tmpdir(), `skywire-inbox-reader-${name}.png`) });

const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const cidOf = (alt: string) => `bafkrei${hash('sha256', alt, 'hex').slice(0, 52)}`;
const blob = { $type: 'blob', ref: { $link: cidOf('film') } };
const gallery = (...alts: string[]) => ({
  $type: 'app.bsky.embed.gallery',
  items: alts.map((alt) => ({
    alt,
    image: { ref: { $link: cidOf(alt) } },
    aspectRatio: { width: 4, height: 3 },
  })),
});
/** Of each picture on the page, in order. */
const loaded =
  "[...document.querySelectorAll('.media img')].map((image) => image.complete && image.naturalWidth > 0)";

const rawRecord = (text: string) =>
  `{"text":${JSON.stringify(text)},"facets":[{"index":{"byteStart":4,"byteEnd":15},"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/"}]}],` +
  `"embed":{"$type":"app.bsky.embed.external","external":{"uri":"https://news.example/","title":"A card","description":"What it is about"}}}`;

test('the page opens for nobody without a token or a login, and a token opens its own inbox only', async () => {
  const { token } = await tokenOf('ann');
  for (const path of ['/reader/ann', '/reader/ann?token=x', `/reader/bob?token=${token}`]) {
    const answer = await web.ask('GET', path);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('Basic'),
    ]);
  }
  const answer = await web.ask('GET', `/reader/ann?token=${token}`);
  expect([answer.status, answer.headers.location]).toEqual([303, '/reader/ann']);
  for (const cookie of answer.headers['set-cookie']!) expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
  const cookie = answer.headers['set-cookie']![0]!.split(';')[0]!;
  expect((await web.ask('GET', '/reader/ann', { cookie })).status).toBe(200);
  expect((await web.ask('GET', '/api/inboxes/ann', { cookie })).status).toBe(200);
  expect((await web.ask('GET', '/api/inboxes/bob', { cookie })).status).toBe(401);
  expect((await web.ask('GET', '/api/inboxes/ann/feed-tokens', { cookie })).status).toBe(401);
  expect((await web.ask('GET', '/api/subscriptions/ann', { cookie })).status).toBe(401);
  const foreign = { cookie, origin: 'https://evil.example' };
  expect((await web.ask('POST', '/api/inboxes/ann/read', foreign, { up_to: '1-1' })).status).toBe(403);
});

test('without a password nobody passes an API token by being nobody', async () => {
  const other = await startWeb(redis, { access: { adminUser: 'admin', apiToken: 'secret' } });
  expect((await other.ask('GET', '/api/inboxes/ann')).status).toBe(401);
  expect((await other.ask('GET', '/reader/ann')).status).toBe(401);
  await other.stop();
});

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('items are read, starred and walked through by keyboard; new ones arrive; the address keeps no token', async () => {
    await web.deliver(
      'ann',
      ...[1, 2, 3].map((n) => matchJson(n, 'cats', { rawRecord: rawRecord(`See example.com, number ${n}`) })),
    );
    const { page, trouble } = await open((await tokenOf('ann')).urls.reader);
    expect(page.url()).toBe(`${web.url}/reader/ann`);
    await page.getByText('number 1').waitFor();
    await page.getByText('● live').waitFor();
    expect(await page.locator('article').count()).toBe(3);
    expect(await page.getByText('3 unread').count()).toBe(1);
    expect(
      await page.locator('article').first().getByRole('link', { name: 'example.com' }).getAttribute('href'),
    ).toBe('https://example.com/');
    expect(await page.getByRole('link', { name: 'A card' }).count()).toBe(3);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await page.locator('article.current').innerText()).toContain('number 2');
    await page.keyboard.press('m');
    await page.getByText('2 unread').waitFor();
    await page.keyboard.press('s');
    await page.locator('article.current .star[aria-pressed="true"]').waitFor();
    await page.keyboard.press('k');
    expect(await page.locator('article.current').innerText()).toContain('number 3');
    // The second press may not overtake the first, whose request is slow.
    await page.route(
      '**/read',
      async (route) => {
        await pause(300);
        await route.continue();
      },
      { times: 1 },
    );
    const answers = ['/read', '/unread'].map((end) =>
      page.waitForResponse((answer) => answer.url().endsWith(end)),
    );
    await page.keyboard.press('m');
    await page.keyboard.press('m');
    await Promise.all(answers);
    await page.getByText('2 unread').waitFor();
    await web.deliver(
      'ann',
      matchJson(4, 'cats', { rawRecord: rawRecord('See example.com, arriving live') }),
    );
    await page.getByText('arriving live').waitFor();
    await page.getByText('3 unread').waitFor();
    await picture(page, 'light');
    const popup = page.context().waitForEvent('page');
    await page.keyboard.press('o');
    await (await popup).close();
    await page.getByText('2 unread').waitFor();
    await page.getByRole('link', { name: 'Starred' }).click();
    await expect.poll(() => page.locator('article').count()).toBe(1);
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await expect.poll(() => page.locator('article').count()).toBe(4);
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await page.getByText('0 unread').waitFor();
    expect(await summary('ann')).toMatchObject({ total: 4, unread: 0 });
    expect(trouble).toEqual([]);
  });

  test('by login; a long inbox goes on at its end; on a phone, in the dark', async () => {
    await web.deliver('long', ...Array.from({ length: 70 }, (_, n) => matchJson(n)));
    const httpCredentials = { username: 'admin', password: adminPassword, origin: web.url };
    const { page, trouble } = await open(`${web.url}/reader/long`, {
      httpCredentials,
      colorScheme: 'dark',
      viewport: { width: 390, height: 780 },
    });
    await page.getByText('post 69', { exact: true }).waitFor();
    for (let n = 0; n < 40; n += 1) await page.keyboard.press('j');
    await expect.poll(() => page.locator('article').count()).toBeGreaterThan(30);
    await page.evaluate('scrollTo(0, 0)');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await picture(page, 'phone-dark');
    expect(trouble).toEqual([]);
  });

  test('the viewer looks and changes nothing', async () => {
    const httpCredentials = { username: 'viewer', password: viewerPassword, origin: web.url };
    const { page } = await open(`${web.url}/reader/long`, { httpCredentials });
    await page.getByText('post 69', { exact: true }).waitFor();
    const { unread } = await summary('long');
    await page.locator('article').first().getByRole('button', { name: 'Mark read' }).click();
    await page.getByText('viewer login is read-only').waitFor();
    expect((await summary('long')).unread).toBe(unread);
  });

  test('pictures are loaded from where MEDIA says, without a referrer; what is labelled waits for a click', async () => {
    const asked: IncomingMessage[] = [];
    const cdn = createServer((req, res) => {
      asked.push(req);
      if (req.url!.startsWith('/img/')) res.setHeader('Content-Type', 'image/png').end(dot);
      else res.writeHead(404).end();
    });
    await new Promise<void>((resolve) => cdn.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(cdn.address() as AddressInfo).port}`;
    const media = { images: origin, videos: origin, origins: [origin] };
    const other = await startWeb(redis, { media });
    try {
      const show = (n: number, record: object) =>
        matchJson(n, 'cats', { rawRecord: JSON.stringify({ text: `shown ${n}`, ...record }) });
      const labels = { values: [{ val: 'porn' }] };
      await web.deliver(
        'pictures',
        show(1, { embed: gallery(`<img src=x onerror=alert(1)>`, 'a cat') }),
        show(2, { embed: gallery('hidden', 'hidden'), labels }),
        show(3, { embed: { $type: 'app.bsky.embed.video', video: blob, alt: 'a film' } }),
        show(4, { embed: gallery('never'), labels: { values: [{ val: '!hide' }] } }),
      );
      const { token } = await tokenOf('pictures');
      const { page, trouble } = await open(`${other.url}/reader/pictures?token=${token}`);
      await page.getByText('Video: a film').waitFor();
      const images = page.locator('.media img');
      await expect.poll(() => images.count()).toBe(2);
      await expect.poll(() => page.evaluate(loaded)).toEqual([true, true]);
      expect(await images.last().getAttribute('alt')).toBe('a cat');
      expect(await page.getByText('shown 4').count()).toBe(0);
      expect(await page.getByText('Not shown here: labelled !hide.').count()).toBe(1);
      await page.getByRole('button', { name: /labelled porn/ }).click();
      await expect.poll(() => page.evaluate(loaded)).toEqual([true, true, true, true]);
      for (const { headers } of asked)
        expect([headers.referer, headers.origin]).toEqual([undefined, undefined]);
      expect(asked.filter(({ url }) => url!.includes(cidOf('never')))).toEqual([]);
      await picture(page, 'pictures');
      expect(trouble.filter((one) => !one.includes('404'))).toEqual([]);
      const plain = await web.ask('GET', `/reader/pictures?token=${token}`, asAdmin);
      const policy = (await web.ask('GET', '/reader/pictures', asAdmin)).headers['content-security-policy'];
      expect([plain.status, policy]).toEqual([303, expect.stringContaining("img-src 'self' data:;")]);
    } finally {
      await other.stop();
      cdn.close();
    }
  });

  test('nothing in a hostile post runs, loads or turns the page around', async () => {
    const matches = hostilePosts().map((post) =>
      JSON.stringify({ subscription_id: '<img src=x onerror=alert(1)>', match_score: 1, post }),
    );
    await web.deliver('hostile', ...matches);
    const { page, trouble } = await open((await tokenOf('hostile')).urls.reader);
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByText('reversed').first().waitFor();
    await expect.poll(() => page.locator('article').count()).toBe((await summary('hostile')).total);
    const hrefs = await page.evaluate("[...document.querySelectorAll('main a')].map((link) => link.href)");
    for (const href of hrefs as string[]) expect(href).toMatch(/^https?:/);
    expect(await page.locator('main script, main img, main iframe').count()).toBe(0);
    await picture(page, 'hostile');
    expect(trouble).toEqual([]);
  });
});
