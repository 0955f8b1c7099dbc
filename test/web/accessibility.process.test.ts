/** axe on every page of ours, light at a desk and dark on a phone. Bull Board's pages are not ours. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addFailed, unroutedMatches } from '../fixtures/parked-jobs.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { fitsWidth, hasBrowser, openPage, startBrowser } from './browser.ts';
import { adminPassword, asReader, matchJson, startWeb, type TestWeb } from './web.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis();
  web = await startWeb(redis);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await redis?.stop();
});

const login = { username: 'admin', password: adminPassword };

/** What axe finds that is serious or critical, with the first element of each. */
async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(`${axe};0`);
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200) + ' ' + nodes[0].failureSummary))`);
}

const images = (...alts: string[]) => ({
  $type: 'app.bsky.embed.images',
  images: alts.map((alt) => ({ alt, image: {} })),
});
const external = { uri: 'https://news.example/', title: 'A card', description: 'What it is about' };
const quoted = { uri: 'at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.post/3kaaaaaaaaa2a' };
const link = {
  index: { byteStart: 4, byteEnd: 8 },
  features: [{ $type: 'app.bsky.richtext.facet#link', uri: 'https://a.example/' }],
};
const records = [
  { text: 'see this one', facets: [link], embed: images('a cat', '') },
  { text: 'a card', embed: { $type: 'app.bsky.embed.external', external }, reply: { parent: quoted } },
  { text: 'a quote', embed: { $type: 'app.bsky.embed.record', record: quoted }, tags: ['art'] },
  { text: 'covered', embed: images('x'), labels: { values: [{ val: 'porn' }] } },
  { text: 'hidden', labels: { values: [{ val: '!hide' }] } },
  { text: 'see this too', facets: [link] },
];

async function fill(): Promise<void> {
  const matches = records.map((record, n) =>
    matchJson(n, `s${n % 2}`, { rawRecord: JSON.stringify(record) }),
  );
  await web.deliver('ann', ...matches);
  const { items } = (await web.ask('GET', '/api/inboxes/ann/items', asReader)).json;
  await web.ask('POST', '/api/inboxes/ann/read', asReader, { up_to: items[2].id });
  await web.ask('PUT', `/api/inboxes/ann/items/${items[0].id}/star`, asReader);
  await addFailed(redis.client(), web.queues, unroutedMatches(3));
}

/** What is opened on the page before it is looked at. */
const states: Record<string, (page: Page) => Promise<unknown>> = {
  '/': (page) => page.locator('main').first().waitFor(),
  '/parked': (page) => page.locator('article[data-group]').first().waitFor(),
  '/inboxes': (page) => page.getByRole('link', { name: 'ann' }).first().waitFor(),
  '/api/docs': (page) => page.getByRole('heading', { level: 1 }).waitFor(),
  '/reader/ann': (page) => page.locator('article').nth(5).waitFor(),
};

const looks = [
  ['light', 1280],
  ['dark', 390],
] as const;

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('axe finds nothing serious', async () => {
    await fill();
    for (const [path, ready] of Object.entries(states)) {
      const { page } = await openPage(browser, { url: `${web.url}${path}`, login });
      for (const [colorScheme, width] of looks) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await ready(page);
        expect([await findingsOf(page), await fitsWidth(page)], `${path} ${colorScheme}`).toEqual([[], true]);
      }
      await page.context().close();
    }
  }, 120_000);

  test('axe finds nothing serious in what opens over the reader page', async () => {
    const { page } = await openPage(browser, { url: `${web.url}/reader/ann`, login, phone: true });
    await page.locator('article').nth(5).waitFor();
    await page.getByRole('button', { name: 'Views and subscriptions' }).click();
    expect(await findingsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await page.keyboard.press('?');
    expect(await findingsOf(page)).toEqual([]);
  });
});
