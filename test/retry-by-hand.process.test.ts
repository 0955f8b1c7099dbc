import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openPipeline, type Pipeline } from './fixtures/pipeline.ts';
import { makeMatch, wire } from './fixtures/posts.ts';
import { startRedis, type TestRedis } from './fixtures/redis.ts';
import { endRoles, startRole } from './fixtures/roles.ts';

const executablePath = '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser) console.warn(`SKIPPED: nothing is retried in a browser, there is no ${executablePath}`);

let redis: TestRedis;
let observer: Pipeline;
let browser: Browser | undefined;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis);
});
afterEach(async () => {
  await browser?.close();
  await endRoles();
  await observer.stop();
  await redis.stop();
});

/** The job's own button is an icon; its tooltip says what it does. */
async function pressRetry(page: Page): Promise<void> {
  for (const button of await page.locator('main button:visible').all()) {
    if ((await button.innerText()).trim() !== '') continue;
    await button.hover();
    const tip = page.getByText(/^retry( job)?$/i).first();
    const isRetry = await tip.waitFor({ timeout: 1_000 }).then(
      () => true,
      () => false,
    );
    if (!isRetry) continue;
    await button.click();
    await page
      .getByRole('dialog')
      .or(page.getByRole('alertdialog'))
      .getByRole('button', { name: 'Confirm' })
      .click();
    return;
  }
  throw new Error('no button to retry the job');
}

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('a match nobody registered for backs off, fails, and is delivered by a press on Retry once somebody did', async () => {
    const env = {
      REDIS_URL: redis.url,
      ROUTING: 'directory',
      DELIVERY_ATTEMPTS: '3',
      DELIVERY_BACKOFF_MS: '50',
      ADMIN_PASSWORD: 'pass word:1',
      API_TOKEN: 'token-1234567890',
      LOG_LEVEL: 'warn',
    };
    const roles = ['pump', 'worker', 'web'].map(async (name) => (await startRole(name, env)).ready());
    const web = (await Promise.all(roles))[2]!;
    await observer.append([wire(makeMatch('cats', 1, { emptyRkey: true }))]);
    const parked = observer.queues.parked.queue;
    await vi.waitFor(async () => expect(await parked.getFailedCount()).toBe(1), 15_000);
    const [job] = await parked.getFailed();
    expect(job).toMatchObject({ name: 'unrouted', attemptsMade: 3 });
    expect(job!.failedReason).toBe('unrouted: nobody is registered for subscription "cats"');
    expect(await observer.inbox('ann')).toHaveLength(0);

    const registered = await fetch(`${web.url}/api/subscriptions/cats/subscribers/ann`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${env.API_TOKEN}` },
    });
    expect(registered.status).toBe(204);

    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      httpCredentials: { username: 'admin', password: env.ADMIN_PASSWORD, origin: web.url },
    });
    const page = await context.newPage();
    await page.goto(`${web.url}/dashboard/queue/parked?status=failed`);
    await page.getByText(job!.id!).first().waitFor();
    await pressRetry(page);
    await vi.waitFor(async () => expect(await observer.inbox('ann')).toHaveLength(1), 10_000);
    expect(await parked.getFailedCount()).toBe(0);
  });
});
