/**
 * What an operator does on a bad day, with the built product as real processes and a real browser. In `npm test` with few matches;
 * `npm run test:operator` at full size, and prints the figures that docs/operators.md has.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isFull } from '../fixtures/full-size.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';
import { fitsWidth, hasBrowser, openPage, picture, startBrowser } from '../web/browser.ts';

const PARKED = isFull ? 30_000 : 60;
const STILL_FAILING = isFull ? 300 : 3;
/** A hundred a second at the most, and what a busy machine takes. */
const WITHIN_MS = (PARKED / 100) * 1_000 * 1.5 + 60_000;

const login = { username: 'admin', password: 'a pass:word' };
const env = {
  ROUTING: 'directory',
  DELIVERY_ATTEMPTS: '1',
  ADMIN_PASSWORD: login.password,
  API_TOKEN: 'token-1234567890',
  LOG_LEVEL: 'error',
};

let redis: TestRedis;
let observer: Pipeline;
let browser: Browser;
let web: Role;
const figures: string[] = [];
beforeAll(async () => {
  if (hasBrowser) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  if (figures.length) console.log(`\n${figures.join('\n')}\n`);
});
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis, { ROUTING: 'directory' });
  const starting = ['pump', 'worker', 'web'].map((name) => startRole(name, { REDIS_URL: redis.url, ...env }));
  const roles = await Promise.all((await Promise.all(starting)).map((role) => role.ready()));
  web = roles[2]!;
});
afterEach(async () => {
  await endRoles();
  await observer.stop();
  await redis.stop();
});

const failed = () => observer.queues.parked.queue.getFailedCount();

/** Nobody is registered, since the service that registers is down: each match is tried and parked. One in a hundred is for `down`. */
async function parkAll(isDown: (at: number) => boolean, count = PARKED): Promise<void> {
  const startedAt = Date.now();
  const size = 5_000;
  for (let from = 0; from < count; from += size) {
    const some = Array.from({ length: Math.min(size, count - from) }, (_, at) => from + at);
    await observer.append(some.map((at) => wire(makeMatch(isDown(at) ? 'down' : `topic-${at % 5}`, at))));
  }
  await vi.waitFor(async () => expect(await failed()).toBe(count), { timeout: 300_000, interval: 200 });
  figures.push(`${count} matches parked in ${seconds(Date.now() - startedAt)}`);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const text = (page: Page, id: string) => page.locator(`#${id}`);

/** Retries a second, as somebody who counts the failed jobs sees them; until the run ends. */
async function watchRun(page: Page): Promise<{ fastest: number; tookMs: number; headline: string }> {
  const startedAt = Date.now();
  const seen: { at: number; left: number }[] = [];
  let fastest = 0;
  await text(page, 'run-card').waitFor({ timeout: 15_000 });
  while ((await text(page, 'run-card').getAttribute('data-phase')) === 'running') {
    seen.push({ at: Date.now(), left: await failed() });
    const earlier = seen.findLast(({ at }) => at <= Date.now() - 2_000);
    if (earlier) {
      const last = seen.at(-1)!;
      fastest = Math.max(fastest, ((earlier.left - last.left) * 1_000) / (last.at - earlier.at));
    }
    if (Date.now() - startedAt > WITHIN_MS)
      throw new Error(`the run has not ended: ${await text(page, 'run').innerText()}`);
    await page.waitForTimeout(100);
  }
  return { fastest, tookMs: Date.now() - startedAt, headline: await text(page, 'run-headline').innerText() };
}

async function inboxes(): Promise<number> {
  const names = ['topic-0', 'topic-1', 'topic-2', 'topic-3', 'topic-4', 'down'];
  const items = await Promise.all(names.map((name) => observer.inbox(`reader-of-${name}`)));
  for (const list of items) expect(new Set(list.map(({ postJson }) => postJson)).size).toBe(list.length);
  return items.flat().length;
}

const register = (...names: string[]) =>
  Promise.all(names.map((name) => observer.directory.register(name, `reader-of-${name}`)));
const topics = ['topic-0', 'topic-1', 'topic-2', 'topic-3', 'topic-4'];
const all = new Intl.NumberFormat('en').format(PARKED);

describe.skipIf(!hasBrowser)(`${PARKED} matches are parked because a service was down`, () => {
  test('one button delivers all of them, rate-controlled, and the log tells it', {
    timeout: WITHIN_MS + 400_000,
  }, async () => {
    await parkAll(() => false);
    const { page, trouble } = await openPage(browser, { url: `${web.url}/`, login });
    await page.getByText(`${all} parked matches need an operator.`).waitFor();
    await picture(page, 'operator-1-overview');
    await page.getByRole('link', { name: 'Open Parked' }).click();
    // The service is up again.
    await register(...topics);
    await page.getByRole('button', { name: `Retry all ${all}` }).click();
    const { fastest, tookMs, headline } = await watchRun(page);
    expect(headline).toBe(`Done: ${all} matches delivered`);
    expect(fastest).toBeLessThan(160);
    expect(tookMs).toBeGreaterThan(((PARKED - 31) / 100) * 1_000);
    await page.getByText('Nothing is parked.').waitFor();
    await page.getByRole('cell', { name: 'retry group: done' }).waitFor();
    await page.getByRole('cell', { name: 'retry group', exact: true }).waitFor();
    await picture(page, 'operator-2-delivered');
    expect(await failed()).toBe(0);
    expect(await inboxes()).toBe(PARKED);
    expect(trouble).toEqual([]);
    figures.push(
      `one button: all ${PARKED} delivered in ${seconds(tookMs)}, at most ${fastest.toFixed(0)} a second`,
    );
  });

  test(`${STILL_FAILING} that still fail stop it and stay grouped; the others go on without them`, {
    timeout: WITHIN_MS + 400_000,
  }, async () => {
    const every = PARKED / STILL_FAILING;
    await parkAll((at) => at % every === every - 1);
    await register(...topics);
    const { page, trouble } = await openPage(browser, { url: `${web.url}/parked`, login });
    const group = page.locator('article[data-group]');
    await group.getByRole('button', { name: `Retry all ${all}` }).click();
    const stop = await watchRun(page);
    expect(stop.headline).toMatch(/^Stopped after .* failed again: stopped at the first that failed again$/);
    await page.getByText('Failed again: unrouted: nobody is registered for subscription "down"').waitFor();
    const left = await failed();
    expect(left).toBeGreaterThan(PARKED - 500);
    expect(await group.count()).toBe(1);
    await picture(page, 'operator-3-stopped');
    await page.getByRole('button', { name: 'Continue without subscription down' }).click();
    await expect
      .poll(() => text(page, 'run-card').getAttribute('data-phase'), { timeout: 10_000 })
      .toBe('running');
    const { tookMs } = await watchRun(page);
    expect(await failed()).toBe(STILL_FAILING);
    await group.getByText('nobody is registered for subscription').waitFor();
    await group.getByRole('button', { name: `Retry all ${STILL_FAILING}` }).waitFor();
    expect(await group.count()).toBe(1);
    expect(await inboxes()).toBe(PARKED - STILL_FAILING);
    expect(await fitsWidth(page)).toBe(true);
    await picture(page, 'operator-4-left');
    expect(trouble).toEqual([]);
    figures.push(
      `${STILL_FAILING} still failing: stopped after ${seconds(stop.tookMs)} with ${left} left; the others in ${seconds(tookMs)}, ${STILL_FAILING} stay in one group`,
    );
  });

  // At full size only: retry/runs.redis.test.ts has the same with less to start.
  test.runIf(isFull)(
    'the web process is killed in the middle: the next one goes on, and nothing is delivered twice (npm run test:operator)',
    {
      timeout: 400_000,
    },
    async () => {
      const count = 60;
      await parkAll(() => false, count);
      await register(...topics);
      const first = await openPage(browser, { url: `${web.url}/parked`, login });
      await first.page.getByRole('button', { name: 'Retry all 60' }).click();
      await expect.poll(failed, { timeout: 20_000 }).toBeLessThan(count - 5);
      web.signal('SIGKILL');
      await web.ended;
      const left = await failed();
      expect(left).toBeGreaterThan(0);
      web = await (await startRole('web', { REDIS_URL: redis.url, ...env })).ready();
      const { page } = await openPage(browser, { url: `${web.url}/parked`, login });
      const { headline } = await watchRun(page);
      expect(headline).toBe('Done: 60 matches delivered');
      await page.getByText('resumed after an interruption once').waitFor();
      await page.getByRole('cell', { name: 'resumed after an interruption' }).waitFor();
      expect(await inboxes()).toBe(count);
    },
  );
});
