/** Names stand in the first answer of a feed, for few calls; permalinks are right, however many records look like them. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createReading } from '../../src/bluesky/reading/reading.ts';
import { lookupKeys } from '../../src/redis/keys.ts';
import { type MadeUpBluesky, startMadeUpBluesky } from '../../src/simulator/bluesky/server.ts';
import { postUri, toRkey } from '../../src/simulator/identifiers.ts';
import type { Post } from '../../src/simulator/post.ts';
import { isFull } from '../fixtures/full-size.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { asReader, matchJson, startWeb, type TestWeb } from '../web/web.ts';
import { type ManyServers, startManyServers } from './many-servers.ts';

/** 100 new authors each: what ten posts a second bring in ten seconds. Five minutes of it, or two fetches with no time between. */
const FETCHES = isFull ? 30 : 2;
const POST_EVERY_MS = isFull ? 100 : 0;
const PERMALINKS = isFull ? { authors: 250, posts: 20, decoys: 50 } : { authors: 40, posts: 5, decoys: 20 };

let redis: TestRedis;
let bluesky: MadeUpBluesky;
let servers: ManyServers;
let pipeline: Pipeline;
let web: TestWeb;
const did = (n: number) => `did:plc:${String(n).padStart(24, 'a')}`;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client().flushall();
  bluesky = await startMadeUpBluesky({ seed: 1 });
  const { authors } = PERMALINKS;
  servers = await startManyServers(bluesky.url, authors, (of) => Number(/\d+$/.exec(of)?.[0] ?? 0) % authors);
  pipeline = await openPipeline(redis, { BLUESKY_API_URL: bluesky.url, PLC_URL: servers.plcUrl });
  web = await startWeb(redis, { lookups: settings() });
  pipeline.startWorker();
  await vi.waitFor(async () => expect(await redis.client().exists(lookupKeys.worker)).toBe(1), 10_000);
});
afterEach(async () => {
  await web.stop();
  await pipeline.stop();
  servers.stop();
  await bluesky.stop();
});
const settings = () => ({ apiUrl: bluesky.url, plcUrl: servers.plcUrl, isLoopback: true });

/** At an even pace, whatever each takes. */
async function each<One>(all: readonly One[], everyMs: number, work: (one: One) => Promise<unknown>) {
  let next = performance.now();
  for (const one of all) {
    await work(one);
    next += everyMs;
    await pause(Math.max(0, next - performance.now()));
  }
}

const START_MS = Date.parse('2026-11-01T00:00:00Z');
/** The nth post, with its key some seconds after what it says of itself. */
function publish(n: number, author: string): Post {
  const createdMs = START_MS + n * 1_000;
  const uri = postUri(author, toRkey(createdMs + (n % 4) * 5_000, n));
  const text = `post ${n}`;
  const createdAt = new Date(createdMs).toISOString();
  const post: Post = {
    uri,
    text,
    author,
    indexed_at: createdAt,
    raw_record: { $type: 'app.bsky.feed.post', text, createdAt },
  };
  bluesky.add(post);
  bluesky.setProfile(author, {
    displayName: `Person ${n}`,
    handle: `p${n}.example`,
    selfLabels: [],
    labels: [],
  });
  return post;
}
/** As Skywire sends it: without a record key. */
const sent = ({ author, text, raw_record }: Post, n: number) =>
  matchJson(n, 'sub', {
    author,
    text,
    uri: `at://${author}/app.bsky.feed.post/`,
    rawRecord: JSON.stringify(raw_record),
  });

test('99 of 100 names stand in the first answer, for a call per 20 new authors at most, while record keys are looked for', async () => {
  const made = await web.ask('POST', '/api/inboxes/ann/feed-tokens', asReader, {});
  let named = 0;
  for (let fetched = 0; fetched < FETCHES; fetched += 1) {
    const numbers = Array.from({ length: 100 }, (_, at) => fetched * 100 + at);
    const posts = numbers.map((n) => sent(publish(n, did(n)), n));
    if (POST_EVERY_MS === 0) await web.deliver('ann', ...posts);
    else await each(posts, POST_EVERY_MS, (post) => web.deliver('ann', post));
    const { items } = (await web.ask('GET', `/feeds/${made.json.token}.json`)).json;
    const names = new Set(
      items.map(({ authors: [author] }: { authors: { name: string }[] }) => author!.name),
    );
    named += numbers.filter((n) => names.has(`Person ${n} (@p${n}.example)`)).length;
  }
  if (isFull)
    console.log(`${named} of ${100 * FETCHES} named at first, ${bluesky.calls('getProfiles')} getProfiles`);
  expect(named).toBeGreaterThanOrEqual(99 * FETCHES);
  expect(bluesky.calls('getProfiles')).toBeLessThanOrEqual(5 * FETCHES);
}, 600_000);

test('every permalink is right, and none is ever wrong, with decoys beside the posts', async () => {
  const { authors, posts, decoys } = PERMALINKS;
  // Each looks for two jobs' worth of keys at once.
  for (let n = 1; n < 4; n += 1) pipeline.startWorker();
  const count = authors * posts;
  const right = new Map<string, string>();
  for (let n = 0; n < count; n += 1) {
    const post = publish(n, did(n % authors));
    if (n % Math.floor(count / decoys) === 0) bluesky.addDecoy(post);
    right.set(post.text, `https://bsky.app/profile/${post.author}/post/${post.uri.split('/').at(-1)!}`);
    await web.deliver('ann', sent(post, n));
  }
  const wrong: string[] = [];
  await vi.waitFor(
    async () => {
      let unknown = 0;
      let before = '';
      do {
        const page = (await web.ask('GET', `/api/inboxes/ann/items?limit=200${before}`, asReader)).json;
        for (const { post } of page.items) {
          if (post.url === `https://bsky.app/profile/${post.author}`) unknown += 1;
          else if (post.url !== right.get(post.text)) wrong.push(`${post.url}, not ${right.get(post.text)}`);
        }
        before = page.next === null ? '' : `&before=${page.next}`;
      } while (before !== '');
      expect(unknown).toBe(0);
    },
    { timeout: isFull ? 900_000 : 60_000, interval: 300 },
  );
  // For a moment is wrong, too.
  expect(wrong).toEqual([]);
}, 1_000_000);

test('who reads waits for names, and not for a record key that is being looked for', async () => {
  servers.isSilent = true;
  const post = publish(1, did(1));
  await web.deliver('ann', sent(post, 1));
  const reading = createReading(redis.client(), web.queues.enrich, settings());
  const items = await pipeline.inbox('ann');
  const known = await reading.of(items, { waitMs: 100_000 });
  expect([...known.values()][0]?.author?.name).toBe('Person 1');
  // Given up by the worker after some seconds, which nobody waited for.
  await vi.waitFor(() => expect(servers.open()).toBe(1), 5_000);
});
