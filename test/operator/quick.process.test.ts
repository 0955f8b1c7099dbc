/** A hundred thousand parked matches stay quick to open; `npm run test:operator` at full size, `npm test` with fewer. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openQueues, type Queues } from '../../src/lanes/queues.ts';
import { isFull } from '../fixtures/full-size.ts';
import { addFailed, unroutedMatches } from '../fixtures/parked-jobs.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';
import { hasBrowser, openPage, picture, startBrowser } from '../web/browser.ts';

const PARKED = isFull ? 100_000 : 3_000;
/** The promises are for a machine to itself; among other tests only a hang is a failure. */
const OPEN_WITHIN_MS = isFull ? 500 : 5_000;
const FOUND_WITHIN_MS = isFull ? 1_000 : 5_000;
const TIMES = isFull ? 20 : 3;

let redis: TestRedis;
let queues: Queues;
let web: Role;
let browser: Browser | undefined;
const figures: string[] = [];
beforeAll(async () => {
  redis = await startRedis();
  queues = openQueues(redis.client({ maxRetriesPerRequest: null }), 1);
  await addFailed(redis.client(), queues, unroutedMatches(PARKED), (at) => Date.now() - PARKED + at);
  const startedAt = Date.now();
  web = await (await startRole('web', { REDIS_URL: redis.url, LOG_LEVEL: 'error' })).ready();
  await vi.waitFor(
    async () => {
      const { index } = await readGroups();
      expect(index).toEqual({ isLoading: false, indexed: PARKED, inRedis: PARKED });
    },
    { timeout: 120_000, interval: 100 },
  );
  figures.push(
    `${PARKED} parked: indexed ${((Date.now() - startedAt) / 1_000).toFixed(1)} s after the start of the process`,
  );
  if (hasBrowser) browser = await startBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await endRoles();
  await queues?.close();
  await redis?.stop();
  console.log(`\n${figures.join('\n')}\n`);
});

interface Groups {
  groups: { failed: number }[];
  index: object;
}
const readGroups = async (): Promise<Groups> =>
  (await (await fetch(`${web.url}/operator/parked/groups`)).json()) as Groups;

async function slowest(path: string): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < TIMES; at += 1) {
    const startedAt = performance.now();
    const answer = await fetch(`${web.url}${path}`);
    await answer.text();
    expect(answer.status).toBe(200);
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const [middle, last] = [times[Math.floor(times.length / 2)]!, times.at(-1)!];
  figures.push(`${path}: median ${middle.toFixed(0)} ms, slowest of ${TIMES} ${last.toFixed(0)} ms`);
  return last;
}

test.each(['/', '/operator/figures', '/operator/history?span=hour', '/parked', '/operator/parked/groups'])(
  `with ${PARKED} parked %s opens at once`,
  async (path) => {
    expect(await slowest(path)).toBeLessThan(OPEN_WITHIN_MS);
  },
);

test.each([
  ['text', 'text=post%2099'],
  ['text that nobody wrote', 'text=nowhere'],
  ['subscription', 'subscription=rare'],
  ['uri', 'uri=3kaaaaaaaa77'],
  ['stream id', 'stream_id=1704888000051-0'],
  ['nothing: all of them', ''],
])(`with ${PARKED} parked a search by %s is quick`, async (_, query) => {
  expect(await slowest(`/operator/parked/jobs?${query}`)).toBeLessThan(FOUND_WITHIN_MS);
});

test('what failed and what was removed a moment ago is in the groups', async () => {
  const { groups } = await readGroups();
  await addFailed(redis.client(), queues, unroutedMatches(10, 500_001));
  const [gone] = await queues.parked.queue.getFailed(0, 0);
  await gone!.remove();
  await vi.waitFor(
    async () => {
      const now = await readGroups();
      expect(now.groups[0]!.failed).toBe(groups[0]!.failed + 9);
    },
    { timeout: 20_000, interval: 200 },
  );
});

describe.skipIf(!hasBrowser)('in a browser', () => {
  test.each([
    ['/', 'Parked'],
    ['/parked', 'Retry all'],
  ])(`with ${PARKED} parked %s is there for the eye`, async (path, shown) => {
    const { page, trouble } = await openPage(browser!, { url: `${web.url}/healthz` });
    const startedAt = performance.now();
    await page.goto(`${web.url}${path}`);
    await page.locator(`#flow:has-text("${shown}"), #groups:has-text("${shown}")`).waitFor();
    figures.push(
      `${path} in a browser: ${(performance.now() - startedAt).toFixed(0)} ms until it is there for the eye`,
    );
    await picture(page, `operator-many${path === '/' ? '-overview' : '-parked'}`);
    expect(trouble).toEqual([]);
  });
});
