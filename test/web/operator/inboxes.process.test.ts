/** The page Inboxes as an operator meets it, in a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { fitsWidth, hasBrowser, openPage, picture, startBrowser } from '../browser.ts';
import { adminPassword, asReader, matchJson, startWeb, type TestWeb, viewerPassword } from '../web.ts';

const hostile = '<img src=x onerror=alert(1)>\u202e\n';
const shown = '<img src=x onerror=alert(1)>\\u202e';
const MANY = 60;

let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis();
  web = await startWeb(redis);
  await web.deliver('ann', matchJson(1), matchJson(2));
  await web.deliver(hostile, matchJson(1));
  const names = Array.from({ length: MANY }, (_, at) => `team-${String(at).padStart(3, '0')}`);
  await Promise.all(
    names.map((name) => web.ask('PUT', `/api/subscriptions/cats/subscribers/${name}`, asReader)),
  );
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await web?.stop();
  await redis?.stop();
});

const admin = { username: 'admin', password: adminPassword };
const viewer = { username: 'viewer', password: viewerPassword };

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('from the overview to an inbox: a token for its feeds, its reader page, and erasing by its name', async () => {
    const { page, trouble } = await openPage(browser, { url: `${web.url}/`, login: admin });
    await page.getByRole('link', { name: 'Find an inbox' }).click();
    await page.getByRole('searchbox').fill('an');
    await page.getByRole('button', { name: 'Find' }).click();
    const row = page.locator('tr[data-inbox]');
    await expect.poll(() => row.count(), { timeout: 20_000 }).toBe(1);
    await row.getByText('just now').waitFor();
    expect(await row.locator('.number').allInnerTexts()).toEqual(['2', '2']);

    await page.getByRole('button', { name: 'Feed tokens ann' }).click();
    const tokens = page.getByRole('dialog');
    await tokens.getByText('No tokens yet').waitFor();
    await tokens.getByLabel('What it is for').fill('phone');
    await tokens.getByRole('button', { name: 'Create a feed token' }).click();
    await tokens.getByText('1 token').waitFor();
    const field = (name: string) => tokens.getByRole('textbox', { name, exact: true }).inputValue();
    const rss = await field('RSS');
    expect([await field('Address'), await field('User')]).toEqual([`${web.url}/greader`, 'ann']);
    expect(rss).toBe(`${web.url}/feeds/${await field('Password')}.rss`);
    expect(await (await fetch(rss)).text()).toContain('<title>post 2 [sub]</title>');
    await tokens.getByRole('button', { name: 'Copy: RSS' }).click();
    await tokens.getByText('Copied').waitFor();
    await picture(page, 'inboxes-token');
    await tokens.getByRole('button', { name: 'Revoke phone' }).click();
    await tokens.getByRole('button', { name: 'Yes, revoke it: phone' }).click();
    await tokens.getByText('No tokens yet').waitFor();
    expect((await fetch(rss)).status).toBe(404);
    await tokens.getByRole('button', { name: 'Close' }).click();

    await page.getByRole('link', { name: 'Open ann' }).click();
    await page.getByText('post 2').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Erase… ann' }).click();
    const erase = page.getByRole('dialog');
    const go = erase.getByRole('button', { name: 'Erase for good' });
    await erase.getByRole('textbox').fill('anne');
    expect(await go.isDisabled()).toBe(true);
    await erase.getByRole('textbox').fill('ann');
    await picture(page, 'inboxes-erase');
    await go.click();
    await page.getByText('ann is erased.').waitFor();
    await page.getByRole('searchbox').fill('ann');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('One with exactly this name was erased just now by admin.').waitFor();
    expect(trouble).toEqual([]);
  });

  test('a phone in the dark: pages, a name that would be markup is text, and the viewer has nothing to change', async () => {
    const look = { login: viewer, dark: true, phone: true };
    const { page, trouble } = await openPage(browser, { url: `${web.url}/inboxes`, ...look });
    await page.getByText(shown).waitFor();
    const rows = page.locator('tr[data-inbox]');
    expect(await rows.count()).toBe(50);
    expect(await page.getByRole('button', { name: /token|erase/i }).count()).toBe(0);
    expect(await fitsWidth(page)).toBe(true);
    await picture(page, 'inboxes-phone-dark', false);
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText(`team-${String(MANY - 1).padStart(3, '0')}`).waitFor();
    await page.getByRole('link', { name: 'First page' }).click();
    await page.getByText(shown).waitFor();
    expect(trouble).toEqual([]);
  });
});
