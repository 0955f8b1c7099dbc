/** `q` finds items by what is known of their authors, and asks Bluesky for nobody else. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import type { Entries } from '../../src/bluesky/known/entries.ts';
import { createKnown } from '../../src/bluesky/known/known.ts';
import { lookupKeys } from '../../src/redis/keys.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { asReader, matchJson, startWeb, type TestWeb } from '../web/web.ts';

let redis: TestRedis;
let web: TestWeb;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client().flushall();
  const url = 'http://127.0.0.1:9';
  web = await startWeb(redis, { lookups: { apiUrl: url, plcUrl: url, isLoopback: true } });
  // As if one were there, so that what is asked for becomes jobs.
  await redis.client().set(lookupKeys.worker, '1');
});
afterEach(() => web.stop());

const did = (n: number) => `did:plc:${String(n).padStart(24, 'a')}`;
const post = (n: number) => matchJson(n, 'sub', { author: did(n), text: `post ${n}` });
function identity(n: number): string {
  const parsed = parseMatch(post(n));
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed.match.identity;
}
const learn = (entries: [string, object][]) =>
  createKnown(redis.client(), { isThere: () => Promise.resolve(true) }).write(new Map(entries) as Entries);
const found = async (q: string): Promise<string[]> =>
  (
    await web.ask('GET', `/api/inboxes/ann/items?${new URLSearchParams({ q }).toString()}`, asReader)
  ).json.items.map(({ post: { author } }: { post: { author: string } }) => author);
/** Names of authors in jobs. */
const askedFor = async (): Promise<string[]> =>
  (await web.queues.enrich.queue.getJobs(['waiting', 'active', 'delayed'])).flatMap(({ data }) =>
    data.kind === 'authors' ? data.dids : [],
  );

test('by name and handle, with words of the post; what is not shown is not found', async () => {
  await web.deliver('ann', ...[1, 2, 3, 4, 5].map(post));
  const at = Date.now();
  await learn([
    [`author:${did(1)}`, { at, name: 'Žofie Straße', handle: 'zofie.example' }],
    [`author:${did(2)}`, { at, name: 'Zofie Gone', handle: 'gone.example' }],
    [`own:${identity(2)}`, { at, rkey: 'a', wasSeen: true, gone: { at, why: 'deleted' } }],
    [`author:${did(3)}`, { at, name: 'Hidden', labels: [{ val: '!no-unauthenticated', src: did(3) }] }],
    [`author:${did(4)}`, { at, handle: 'four.example' }],
  ]);
  const cases: [string, number[]][] = [
    ['z\u030cofie STRASSE', [1]],
    ['@zofie.example', [1]],
    ['post žofie 1', [1]],
    ['post zofie gone', []],
    ['"post 2"', []],
    ['gone', []],
    ['hidden', [3]],
    ['hidden post', []],
    ['four post', [4]],
    ['null', []],
    ['undefined', []],
    ['post', [5, 4, 1]],
  ];
  for (const [q, numbers] of cases) expect(await found(q), q).toEqual(numbers.map(did));
});

test('a search through a thousand unknown authors asks for those that it shows, and reads names in steps', async () => {
  const many = 1_000;
  await web.deliver('ann', ...Array.from({ length: many }, (_, n) => post(n)));
  await learn([[`author:${did(7)}`, { at: 0, name: 'Lucky Seven' }]]);
  await redis.client().config('RESETSTAT');
  expect(await found('nowhere')).toEqual([]);
  expect(await askedFor()).toEqual([]);
  const stats = await redis.client().info('commandstats');
  // 16 parts of either store for each step of 200 items, however many items there are.
  const reads = Number(/cmdstat_hmget:calls=(\d+)/.exec(stats)?.[1]);
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThanOrEqual((many / 200 + 1) * 32);
  expect(await found('lucky')).toEqual([did(7)]);
  // Of the hit more is wanted; and of nobody else.
  await vi.waitFor(async () => expect(await askedFor()).toEqual([did(7)]), 5_000);
});
