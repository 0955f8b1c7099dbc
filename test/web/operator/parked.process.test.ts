/** The page Parked as a person meets it, in a real browser. */
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addFailed, unroutedMatches } from '../../fixtures/parked-jobs.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { fitsWidth, hasBrowser, openPage, picture, startBrowser } from '../browser.ts';
import { adminPassword, matchJson, startWeb, type TestWeb, viewerPassword } from '../web.ts';

const hostile = {
  match: {
    v: 1 as const,
    stream: 'skywire:matches',
    reason: 'rejected' as const,
    detail: 'x',
    subscriber: '<img src=x onerror=alert(1)>',
    entry: {
      id: '9-9',
      data: matchJson(9, 'sub"><script>', { text: '<script>alert(1)</script> \u202e reversed' }),
    },
  },
  failedReason: 'rejected: <script>alert(1)</script> another program keeps a key',
};

let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis();
  web = await startWeb(redis, { environmentName: 'production' });
  await addFailed(redis.client(), web.queues, [...unroutedMatches(120), hostile]);
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
  test('groups, search and one in full; hostile text is text; an edited match goes back', async () => {
    const { page, trouble } = await openPage(browser, { url: `${web.url}/parked`, login: admin });
    const groups = page.locator('article[data-group]');
    await groups.first().getByText('nobody is registered for subscription').waitFor();
    // The page shows what the index has read so far, and looks again by itself.
    await expect.poll(() => groups.count(), { timeout: 10_000 }).toBe(2);
    await page.getByText('production').waitFor();
    await page.getByLabel('Part of the text').fill('REVERSED');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('1 found').waitFor();
    await page.getByText('<script>alert(1)</script> \\u202e reversed').waitFor();
    await picture(page, 'parked-desk');
    await page.getByRole('button', { name: 'Open' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading').getByText('rejected: <script>alert(1)</script>').waitFor();
    await picture(page, 'parked-job');
    await dialog.getByRole('textbox').fill(matchJson(9, 'mended'));
    await dialog.getByRole('button', { name: 'Save and retry' }).click();
    await page.getByRole('cell', { name: 'edit and retry one' }).waitFor();
    await expect.poll(() => groups.count()).toBe(1);
    const [job] = await web.queues.parked.queue.getWaiting();
    expect(job!.data.entry.data).toBe(matchJson(9, 'mended'));
    expect(trouble).toEqual([]);
  });

  test('the viewer sees all of it and no button that changes anything', async () => {
    const { page, trouble } = await openPage(browser, { url: `${web.url}/parked`, login: viewer });
    await page.locator('article[data-group]').first().waitFor();
    await page.getByRole('button', { name: 'Example' }).first().click();
    await page.getByRole('dialog').getByText('skywire:matches').waitFor();
    expect(await page.getByRole('button', { name: /retry|discard/i }).count()).toBe(0);
    expect(trouble).toEqual([]);
  });

  test('a group is discarded: downloaded first, asked twice; the others stay, and the log says who', async () => {
    await addFailed(redis.client(), web.queues, [
      {
        ...hostile,
        failedReason: 'rejected: hopeless',
        match: { ...hostile.match, entry: { id: '8-8', data: '{}' } },
      },
    ]);
    const { page, trouble } = await openPage(browser, { url: `${web.url}/parked`, login: admin });
    const group = page.locator('article[data-group]').filter({ hasText: 'hopeless' });
    await group.getByRole('button', { name: 'Discard…' }).click({ timeout: 15_000 });
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Discard', exact: true }).isDisabled()).toBe(true);
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'Download' }).click();
    expect(readFileSync(await (await downloading).path(), 'utf8')).toContain('"data":{');
    await dialog.getByRole('button', { name: 'Discard these 1' }).click();
    await picture(page, 'parked-discard');
    await dialog.getByRole('button', { name: 'Yes, discard 1 for good' }).click();
    await page.getByText('Done: 1 match discarded').waitFor();
    await page.getByRole('cell', { name: 'discard group: done' }).waitFor();
    await expect.poll(() => group.count()).toBe(0);
    expect(await page.locator('article[data-group]').count()).toBeGreaterThan(0);
    expect(trouble).toEqual([]);
  });

  test('a phone in the dark shows the same, within its width', async () => {
    const { page, trouble } = await openPage(browser, {
      url: `${web.url}/parked`,
      login: admin,
      dark: true,
      phone: true,
    });
    await page.getByRole('button', { name: /^Retry all/ }).waitFor();
    await page.getByRole('button', { name: 'List', exact: true }).click();
    await page.getByText('120 found, showing the newest 50').waitFor();
    await picture(page, 'parked-phone-dark', false);
    expect(await fitsWidth(page)).toBe(true);
    expect(trouble).toEqual([]);
  });
});
