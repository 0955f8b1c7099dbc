/**
 * nginx and Caddy in front, as docs/deployment.md configures them. `npm run test:proxies` walks through each in a browser, at a host and
 * below a path; `npm test` sends one request through each.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { addFailed, unroutedMatches } from '../fixtures/parked-jobs.ts';
import { hosts, isMissing, makeProxies, type Place, type TestProxies } from '../fixtures/proxies.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { hasBrowser, openPage, startBrowser } from '../web/browser.ts';
import { adminPassword, asAdmin, asReader, matchJson, startWeb, type TestWeb } from '../web/web.ts';

const isFull = process.env['PROXIES'] === 'full';
const programs = (['nginx', 'caddy'] as const).filter((program) => {
  const missing = isMissing(program);
  if (missing)
    console.warn(
      `SKIPPED: nothing is tested behind ${program}, which is not installed (Debian: ${program === 'nginx' ? 'nginx-light' : program})`,
    );
  return !missing;
});
const publicUrls: Record<Place, string> = {
  root: 'https://inbox.example',
  kept: 'https://example.org/inbox',
  stripped: 'https://example.org/inbox',
};
const places: Place[] = isFull ? ['root', 'kept', 'stripped'] : ['root'];

let redis: TestRedis;
let proxies: TestProxies;
let port: number;
let browser: Browser | undefined;
beforeAll(async () => {
  if (programs.length === 0) return;
  redis = await startRedis();
  proxies = makeProxies();
  port = await freePort();
  if (!isFull || !hasBrowser) return;
  const rules = hosts.map((host) => `MAP ${host}:443 127.0.0.1:${port}`).join(',');
  browser = await startBrowser(
    `--host-resolver-rules=${rules}`,
    `--ignore-certificate-errors-spki-list=${proxies.spki}`,
  );
});
afterAll(async () => {
  await browser?.close();
  await redis?.stop();
  proxies?.remove();
});

describe.each(programs)('behind %s', (program) => {
  test.each(places)('at %s', { timeout: 120_000 }, async (place) => {
    const publicUrl = publicUrls[place];
    const web = await startWeb(redis, { publicUrl, trustProxy: 'loopback' });
    const proxy = await proxies.start(program, { web: web.port, port, place });
    try {
      const { origin } = new URL(publicUrl);
      const tokens = `${publicUrl}/api/inboxes/${program}-${place}/feed-tokens`;
      const made = await proxies.ask(port, 'POST', tokens, { ...asReader, origin }, {});
      expect(made.status, made.text).toBe(201);
      expect(made.json.urls.rss).toBe(`${publicUrl}/feeds/${made.json.token}.rss`);
      if (!isFull) return;
      await refusesOthers(publicUrl);
      if (browser)
        await walk(web, { browser, publicUrl, inbox: `${program}-${place}`, urls: made.json.urls });
    } finally {
      await proxy.stop();
      await web.stop();
    }
  });
});

async function refusesOthers(publicUrl: string): Promise<void> {
  const path = `${publicUrl}/operator/parked/runs/stop`;
  const status = async (headers: Record<string, string>) =>
    (await proxies.ask(port, 'POST', path, { ...asAdmin, ...headers }, {})).status;
  for (const origin of ['https://evil.example', 'http://inbox.example', 'null'])
    expect(await status({ origin }), origin).toBe(403);
  expect(await status({ origin: new URL(publicUrl).origin })).toBe(409);
  expect((await proxies.ask(port, 'GET', `${publicUrl}/metrics`)).status).toBe(401);
  expect((await proxies.ask(port, 'GET', `${publicUrl}/metrics`, asReader)).status).toBe(200);
  const { headers } = await proxies.ask(port, 'GET', `${publicUrl}/reader/x`);
  expect(headers['www-authenticate']).toContain('Basic');
}

interface Walk {
  browser: Browser;
  publicUrl: string;
  inbox: string;
  urls: { rss: string; atom: string; json: string; reader: string };
}

async function walk(web: TestWeb, { browser, publicUrl, inbox, urls }: Walk): Promise<void> {
  await web.queues.parked.queue.obliterate({ force: true });
  await addFailed(redis.client(), web.queues, unroutedMatches(1));
  const login = { username: 'admin', password: adminPassword };
  const operator = await openPage(browser, { url: `${publicUrl}/parked`, login });
  const { page } = operator;
  await page.getByRole('button', { name: 'Example' }).first().click({ timeout: 15_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Retry unchanged' }).click();
  await expect.poll(() => web.queues.parked.queue.getWaitingCount(), { timeout: 15_000 }).toBe(1);
  await page.getByRole('cell', { name: 'retry one' }).first().waitFor();
  const [action] = await web.parked.operatorLog.latest(1);
  expect(action).toMatchObject({ who: 'admin', from: '127.0.0.1' });
  await page.getByRole('link', { name: 'Queues' }).click();
  await page.getByText('parked').first().waitFor();
  expect(page.url()).toMatch(new RegExp(`^${publicUrl}/dashboard`));
  await page.goto(`${publicUrl}/`);
  await page.getByRole('link', { name: 'Parked', exact: true }).click();
  await page.waitForURL(`${publicUrl}/parked`);
  expect(operator.trouble).toEqual([]);

  const reader = await openPage(browser, { url: urls.reader });
  expect(reader.page.url()).toBe(`${publicUrl}/reader/${inbox}`);
  await reader.page.getByText('● live').waitFor();
  await web.deliver(inbox, matchJson(7, 'cats', { text: 'arrives live' }));
  await reader.page.locator('article').first().waitFor();
  await reader.page.keyboard.press('j');
  await reader.page.keyboard.press('m');
  await reader.page.getByText('0 unread').waitFor();
  // As text: these run in the browser.
  for (const [kind, url] of Object.entries(urls).filter(([kind]) => kind !== 'reader'))
    expect(
      await reader.page.evaluate(`fetch(${JSON.stringify(url)}).then((answer) => answer.text())`),
      kind,
    ).toContain(kind === 'greader' ? 'OK' : url);
  expect(reader.trouble).toEqual([]);
  await reader.page.context().close();
  await page.context().close();
}
