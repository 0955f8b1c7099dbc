/** The operator's pages while the server is away: they come back by themselves. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { hasBrowser, startBrowser } from '../browser.ts';
import { adminPassword, startWeb, type TestWeb } from '../web.ts';

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

const WAIT = { timeout: 30_000 };
async function openPage(): Promise<Page> {
  const httpCredentials = { username: 'admin', password: adminPassword };
  return (await browser.newContext({ httpCredentials })).newPage();
}

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('a page that is opened while a proxy answers 502 says so, and shows what it has to when the server is back', async () => {
    const page = await openPage();
    await page.route('**/operator/session', (route) => route.fulfill({ status: 502, body: 'no' }), {
      times: 1,
    });
    await page.goto(`${web.url}/parked`, WAIT);
    await page.getByText('Not up to date: The server answered 502').waitFor(WAIT);
    await page.getByText('Nothing is parked.').waitFor(WAIT);
    await page.locator('#stale').waitFor({ ...WAIT, state: 'hidden' });
    await page.context().close();
  });

  test('an answer that never comes is given up after 20 s, and asked for again', async () => {
    const page = await openPage();
    await page.clock.install();
    // The first one is never answered.
    await page.route('**/operator/parked/groups', () => undefined, { times: 1 });
    const asked = page.waitForRequest('**/operator/parked/groups', WAIT);
    await page.goto(`${web.url}/parked`, WAIT);
    await asked;
    await page.clock.fastForward(21_000);
    await page.getByText('Not up to date: The server does not answer').waitFor(WAIT);
    await page.getByText('Nothing is parked.').waitFor(WAIT);
    await page.context().close();
  });
});
