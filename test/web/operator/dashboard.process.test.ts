/** The dashboard as a person meets it: a real browser, logged in, that can reach nothing but this machine. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'bullmq';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { queuePrefix } from '../../../src/redis/keys.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { adminPassword, matchJson, parkedMatch, startWeb, type TestWeb, viewerPassword } from '../web.ts';

const executablePath = '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser)
  console.warn(`SKIPPED: the dashboard is not tested in a browser, there is no ${executablePath}`);

const REASON = 'unrouted: nobody registered for the subscription sub-one';

let redis: TestRedis;
let web: TestWeb;
let browser: Browser;
let worker: Worker;
let isMended = false;
let jobId: string;

beforeAll(async () => {
  if (!hasBrowser) return;
  redis = await startRedis();
  web = await startWeb(redis, { environmentName: 'production' });
  const data = matchJson(1, 'sub-one', { text: 'parked by hand \u202e<script>alert(1)</script>' });
  const entries = Array.from({ length: 200 }, (_, at) => ({ id: `${at}-0`, data: matchJson(at) }));
  await web.queues.parked.add([parkedMatch({ id: '1704888000000-0', data })]);
  await web.queues.lanes[0]!.add([{ stream: 'skywire:matches', entries }]);
  const parked = web.queues.parked.queue;
  const job = (await parked.getWaiting())[0]!;
  jobId = job.id!;
  const connection = redis.client({ maxRetriesPerRequest: null });
  worker = new Worker(
    'parked',
    () => (isMended ? Promise.resolve({ delivered: 1 }) : Promise.reject(new Error(REASON))),
    { connection, prefix: queuePrefix('parked'), settings: { backoffStrategy: () => 10 } },
  );
  worker.on('error', () => undefined);
  await vi.waitFor(async () => expect(await parked.getFailedCount()).toBe(1), 10_000);
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
});
afterAll(async () => {
  await browser?.close();
  await worker?.close();
  await web?.stop();
  await redis?.stop();
});

interface Seen {
  page: Page;
  /** Page errors, requests to elsewhere, answers of ours that are errors. */
  trouble: string[];
}

async function open(path: string, username: string, password: string): Promise<Seen> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    httpCredentials: { username, password, origin: web.url },
  });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') trouble.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    if (response.status() >= 400) trouble.push(`${response.status()} ${response.url()}`);
  });
  await context.route('**/*', (route) => {
    if (new URL(route.request().url()).hostname === '127.0.0.1') return route.continue();
    trouble.push(`elsewhere: ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(`${web.url}${path}`);
  return { page, trouble };
}

/** For people who want to look: in the folder for temporary files, the newest run's. */
async function picture(page: Page, name: string): Promise<void> {
  const image = await page.screenshot({ path: join(tmpdir(), `skywire-inbox-dashboard-${name}.png`) });
  expect(image.length).toBeGreaterThan(10_000);
}

/** An icon, known by the tooltip that appears over it. */
async function retryButton(page: Page): Promise<Locator> {
  for (const button of await page.locator('main button:visible').all()) {
    if ((await button.innerText()).trim() !== '') continue;
    await button.hover();
    const tip = page.getByText(/^retry( job)?$/i).first();
    if (
      await tip.waitFor({ timeout: 1_000 }).then(
        () => true,
        () => false,
      )
    )
      return button;
  }
  throw new Error('no button to retry the job');
}

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('the viewer sees the same and is offered no change', async () => {
    const { page, trouble } = await open('/dashboard/queue/parked?status=failed', 'viewer', viewerPassword);
    await page.getByText(jobId).first().waitFor();
    expect(await page.getByText(/retry all|clean all/i).count()).toBe(0);
    await expect(retryButton(page)).rejects.toThrow('no button');
    await picture(page, 'viewer');
    expect(trouble).toEqual([]);
  });

  test('the admin sees the queues and why a match is parked, retries it by hand, and it is done', async () => {
    const { page, trouble } = await open('/dashboard', 'admin', adminPassword);
    expect(await page.title()).toContain('skywire-inbox');
    for (const name of ['matches', 'parked', 'fanout']) {
      await page
        .getByRole('link', { name: new RegExp(name) })
        .first()
        .waitFor();
    }
    await page.getByText('production').first().waitFor();
    await page.getByText('Needs an operator: parked').first().waitFor();
    await picture(page, 'overview');
    await page.goto(`${web.url}/dashboard/queue/matches?status=latest`);
    await page.getByText('200, in a separate payload').first().waitFor();
    await page.goto(`${web.url}/dashboard/queue/parked?status=failed`);
    await page.getByText(jobId).first().waitFor();
    await page.getByText(REASON).first().waitFor();
    await page
      .getByRole('tab', { name: 'Data' })
      .or(page.getByText('Data', { exact: true }))
      .first()
      .click();
    await page.getByText('parked by hand \\u202e<script>alert(1)</script>').first().waitFor();
    await picture(page, 'parked');
    isMended = true;
    await (await retryButton(page)).click();
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await expect.poll(() => web.queues.parked.queue.getCompletedCount(), { timeout: 10_000 }).toBe(1);
    expect(trouble).toEqual([]);
  });

  test('who gives a wrong password sees nothing', async () => {
    const { page } = await open('/dashboard', 'admin', 'wrong');
    expect(await page.innerText('body')).not.toContain('parked');
  });
});
