/** The overview as a person meets it, in a real browser: light and dark, desk and phone. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { historyKeys } from '../../../src/redis/keys.ts';
import { openPipeline, type Pipeline } from '../../fixtures/pipeline.ts';
import { makeMatch, wire } from '../../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { fitsWidth, hasBrowser, openPage, picture, startBrowser } from '../browser.ts';
import { startWeb, type TestWeb, viewerPassword } from '../web.ts';

let redis: TestRedis;
let web: TestWeb;
let pipeline: Pipeline;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis('--maxmemory', '500mb');
  await addHistory();
  pipeline = await openPipeline(redis);
  web = await startWeb(redis, { environmentName: 'staging' });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await pipeline?.stop();
  await redis?.stop();
});

/** Fifty minutes of a steady stream with a hiccup in it. */
async function addHistory(): Promise<void> {
  const samples = redis.client().pipeline();
  for (let at = 0; at < 300; at += 1) {
    const isHiccup = at > 180 && at < 220;
    const rate = isHiccup ? 0 : 900 + 80 * Math.sin(at / 9);
    const unread = isHiccup ? (at - 180) * 9_000 : at < 260 && at >= 220 ? (260 - at) * 9_000 : 0;
    const values = [unread, 4, at > 200 ? 12 : 0, rate, rate, 18, isHiccup ? 45_000 : 60, 2e8 + at * 2e5];
    const time = Date.now() - (300 - at) * 10_000;
    samples.xadd(historyKeys.samples, `${time}-0`, 'v', JSON.stringify(values));
  }
  await samples.exec();
}

const viewer = { username: 'viewer', password: viewerPassword };
const open = (look: { dark?: boolean; phone?: boolean }) =>
  openPage(browser, { url: `${web.url}/`, login: viewer, ...look });

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('the flow shows a backlog, then what was done with it, and says what to do', async () => {
    await pipeline.append(Array.from({ length: 3_000 }, (_, at) => wire(makeMatch(`sub-${at % 10}`, at))));
    const { page, trouble } = await open({});
    await page.getByRole('region', { name: 'Stream skywire:matches' }).getByText('3,000').first().waitFor();
    await page.getByRole('heading', { name: 'The stream holds 3,000 matches, and nothing moves' }).waitFor();
    await page.getByText('staging').waitFor();
    expect(await page.locator('#plots canvas').count()).toBe(5);
    pipeline.startPump();
    pipeline.startWorker();
    await pipeline.append(['no JSON']);
    await page.getByRole('heading', { name: 'The stream holds no work' }).waitFor({ timeout: 20_000 });
    await page.getByText('One parked match needs an operator.').waitFor({ timeout: 20_000 });
    const inboxes = page.getByRole('region', { name: 'Inboxes' });
    await expect.poll(() => inboxes.innerText(), { timeout: 15_000 }).toMatch(/delivered a second\s+[1-9]/);
    await page.getByRole('region', { name: 'Parked' }).getByText('malformed').waitFor();
    await page
      .getByRole('region', { name: 'Redis' })
      .getByText(/free \(\d+ % used\)/)
      .waitFor();
    await picture(page, 'overview-desk');
    await page.getByRole('button', { name: 'Last day' }).click();
    await page.getByRole('heading', { name: 'The last day' }).waitFor();
    expect(trouble).toEqual([]);
  });

  test.each([
    ['desk-dark', { dark: true }],
    ['phone', { phone: true }],
    ['phone-dark', { phone: true, dark: true }],
  ])('%s: all of it within the width, drawn, without a complaint', async (name, look) => {
    const { page, trouble } = await open(look);
    await page.getByRole('region', { name: 'Inboxes' }).waitFor();
    await page.locator('#plots canvas').nth(4).waitFor();
    await picture(page, `overview-${name}`);
    expect(await fitsWidth(page)).toBe(true);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background === 'rgb(16, 21, 28)').toBe('dark' in look);
    expect(trouble).toEqual([]);
  });

  test('while Redis is away the page says that it is not up to date, and goes on by itself afterwards', async () => {
    const { page } = await open({});
    await page.getByRole('region', { name: 'Inboxes' }).waitFor();
    await redis.kill9();
    await page
      .getByText(/does not answer|Not up to date/)
      .first()
      .waitFor({ timeout: 20_000 });
    await redis.restart();
    await page
      .getByText('All is well.')
      .or(page.getByText('needs an operator'))
      .first()
      .waitFor({ timeout: 25_000 });
  });
});
