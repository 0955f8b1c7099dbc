/** What is read is looked up: API, feeds, live streams, over a worker and a Bluesky that answers. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createKnown } from '../../src/bluesky/known/known.ts';
import { openEvents } from '../fixtures/event-stream.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { asReader, matchJson, startWeb, type TestWeb } from '../web/web.ts';
import { startTinyBluesky, type TinyBluesky } from './tiny-bluesky.ts';

let redis: TestRedis;
let bluesky: TinyBluesky;
let pipeline: Pipeline;
let web: TestWeb;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client().flushall();
  bluesky = await startTinyBluesky();
  pipeline = await openPipeline(redis, bluesky.env);
  const cdn = 'https://cdn.bsky.app';
  web = await startWeb(redis, {
    lookups: { apiUrl: bluesky.url, plcUrl: bluesky.url, isLoopback: true },
    media: { images: cdn, videos: cdn, origins: [cdn] },
  });
});
afterEach(async () => {
  await web.stop();
  await pipeline.stop();
  bluesky.stop();
});

const did = (n: number) => `did:plc:${String(n).padStart(24, 'a')}`;
const blob = `bafkrei${'a'.repeat(52)}`;
const recordOf = (text: string, more: object = {}, ms = Date.now()) => ({
  $type: 'app.bsky.feed.post',
  text,
  createdAt: new Date(ms).toISOString(),
  ...more,
});

/** Published at Bluesky, and delivered as Skywire sends it: without a record key. */
async function post(n: number, record: object = recordOf(`post ${n}`), inbox = 'ann'): Promise<string> {
  const uri = bluesky.publish(did(n), record, Date.now() + n);
  const sent = {
    author: did(n),
    uri: `at://${did(n)}/app.bsky.feed.post/`,
    text: `post ${n}`,
    rawRecord: JSON.stringify(record),
  };
  await web.deliver(inbox, matchJson(n, 'sub', sent));
  return uri;
}
function person(n: number, more: object = {}): void {
  bluesky.people.set(did(n), {
    displayName: `Person ${n}`,
    handle: `p${n}.example`,
    avatar: `https://cdn.bsky.app/img/avatar/plain/${did(n)}/${blob}`,
    ...more,
  });
}
const items = async () =>
  (await web.ask('GET', '/api/inboxes/ann/items?limit=200', asReader)).json.items as any[]; // oxlint-disable-line typescript/no-explicit-any
const item = async () => (await items())[0];
const workerIsThere = () =>
  vi.waitFor(async () => expect(await redis.client().exists('skywire-inbox:{enrich}:worker')).toBe(1), 5_000);
async function feed(kind = 'json'): Promise<string> {
  const made = await web.ask('POST', '/api/inboxes/ann/feed-tokens', asReader, {});
  return (await web.ask('GET', `/feeds/${made.json.token}.${kind}`)).text;
}
const key = (uri: string) => uri.split('/').at(-1)!;
const pageOf = (uri: string, n: number) => `https://bsky.app/profile/${did(n)}/post/${key(uri)}`;
/** As if what is known of all posts had been looked up so long ago. */
async function pass(ms: number): Promise<void> {
  const client = redis.client();
  for (const name of await client.keys('skywire-inbox:{known.*:posts'))
    for (const [field, value] of Object.entries(await client.hgetall(name)))
      await client.hset(name, field, JSON.stringify({ ...JSON.parse(value), at: JSON.parse(value).at - ms }));
}

test('the first answer of a feed has the names and the quoted post; 25 authors are asked for in one call', async () => {
  pipeline.startWorker();
  await workerIsThere();
  for (let n = 0; n < 50; n += 1) person(n);
  const quoted = bluesky.publish(did(40), recordOf('quoted <b>words</b>'), 1_700_000_000_000);
  const embed = { $type: 'app.bsky.embed.record', record: { uri: quoted, cid: 'x' } };
  for (let n = 1; n < 40; n += 1) await post(n, recordOf(`post ${n}`));
  await post(0, recordOf('post 0', { embed }));
  const first = JSON.parse(await feed()).items;
  expect(first).toHaveLength(40);
  expect(
    (first as { authors: { name: string }[] }[]).filter(({ authors: [author] }) =>
      /^Person \d+ \(@p\d+\.example\)$/.test(author!.name),
    ),
  ).toHaveLength(40);
  expect(bluesky.called('getProfiles')).toBe(2);
  expect(first[0].content_html).toContain('<bdi>Person 40 (@p40.example)</bdi>');
  expect(first[0].content_html).toContain('quoted &lt;b&gt;words&lt;/b&gt;');
  expect(await item()).toMatchObject({
    author: {
      did: did(0),
      handle: 'p0.example',
      display_name: 'Person 0',
      avatar_url: expect.stringContaining(blob),
    },
    quote: {
      uri: quoted,
      url: pageOf(quoted, 40),
      text: 'quoted <b>words</b>',
      state: 'ok',
      media: [],
      author: { did: did(40), display_name: 'Person 40' },
    },
    post: { text: 'post 0', raw_record: { text: 'post 0' } },
  });
  const asked = bluesky.called('getProfiles');
  await feed('rss');
  await items();
  expect(bluesky.called('getProfiles')).toBe(asked);
});

test('what became known later is sent to an open stream, as an update without an id', async () => {
  pipeline.startWorker();
  await workerIsThere();
  person(1);
  const stream = openEvents(`${web.url}/api/inboxes/ann/live`, asReader);
  stream.connect();
  await vi.waitFor(() => expect(stream.isOpen).toBe(true), 5_000);
  const uri = await post(1);
  await vi.waitFor(() => expect(stream.ids()).toHaveLength(1), 5_000);
  await vi.waitFor(
    () => {
      const updates = stream.events
        .filter(({ event }) => event === 'update')
        .map(({ data }) => JSON.parse(data));
      expect(updates.at(-1)).toMatchObject({
        id: stream.ids()[0],
        author: { display_name: 'Person 1' },
        post: { url: pageOf(uri, 1) },
      });
    },
    { timeout: 15_000, interval: 50 },
  );
  expect(stream.events.every(({ event, id }) => event !== 'update' || id === undefined)).toBe(true);
  expect(stream.ids()).toHaveLength(1);
  stream.cut();
});

test('names that are answered together reach an open stream for each of their items', async () => {
  pipeline.startWorker();
  await workerIsThere();
  const stream = openEvents(`${web.url}/api/inboxes/ann/live`, asReader);
  stream.connect();
  await vi.waitFor(() => expect(stream.isOpen).toBe(true), 5_000);
  const people = [11, 12, 13, 14, 15, 16];
  for (const n of people) person(n);
  await Promise.all(people.map((n) => post(n)));
  await vi.waitFor(
    () => {
      const named = stream.events
        .filter(({ event, data }) => event === 'update' && data.includes('"display_name":"Person'))
        .map(({ data }) => (JSON.parse(data) as { author: { display_name: string } }).author.display_name);
      expect([...new Set(named)].toSorted()).toEqual(people.map((n) => `Person ${n}`));
    },
    { timeout: 15_000, interval: 50 },
  );
});

test('a withdrawn post is hidden everywhere with its guid kept, and comes back as it was', async () => {
  pipeline.startWorker();
  await workerIsThere();
  person(1);
  const embed = {
    $type: 'app.bsky.embed.images',
    images: [{ alt: 'a cat', image: { ref: { $link: blob } } }],
  };
  const record = recordOf('secret words', { embed });
  const uri = await post(1, record);
  await vi.waitFor(async () => expect((await item()).post.url).toBe(pageOf(uri, 1)), {
    timeout: 10_000,
    interval: 100,
  });
  const before = { item: await item(), feed: JSON.parse(await feed()).items[0] };
  expect(before.item.media).toHaveLength(1);
  const published = bluesky.posts.get(uri)!;
  bluesky.posts.delete(uri);
  await pass(60_000);
  await vi.waitFor(async () => expect(await item()).toMatchObject({ withdrawn: { why: 'deleted' } }), {
    timeout: 10_000,
    interval: 100,
  });
  const hidden = await item();
  expect(hidden.post).toMatchObject({ text: '', raw_record: null });
  expect(hidden).not.toHaveProperty('media');
  for (const kind of ['json', 'rss', 'atom']) {
    const text = await feed(kind);
    expect(text).toContain(before.feed.id);
    expect(text).toContain('This post was withdrawn: its author deleted it.');
    expect(text).not.toMatch(/secret words|a cat/);
  }
  // An outage is no answer: it stays as it is.
  bluesky.posts.set(uri, published);
  await pass(60_000);
  await vi.waitFor(async () => expect(await item()).not.toHaveProperty('withdrawn'), {
    timeout: 10_000,
    interval: 100,
  });
  const { author: _, ...back } = await item();
  expect(back).toEqual({ ...before.item, author: undefined, withdrawn: undefined, ...back });
  expect((await item()).post).toEqual(before.item.post);
});

test('an account that is not for those who are not logged in is collapsed to name and link, never dropped', async () => {
  pipeline.startWorker();
  await workerIsThere();
  const uri = `at://${did(1)}/app.bsky.actor.profile/self`;
  person(1, { labels: [{ val: '!no-unauthenticated', src: did(1), uri }] });
  await post(1, recordOf('secret words'));
  await vi.waitFor(
    async () => expect((await item()).labels).toEqual([{ val: '!no-unauthenticated', src: did(1) }]),
    { timeout: 10_000, interval: 100 },
  );
  expect((await item()).post).toMatchObject({ text: '', raw_record: null });
  const [entry] = JSON.parse(await feed()).items;
  expect(JSON.stringify(entry)).not.toContain('secret words');
  expect(entry.title).toContain('Person 1');
});

test('where no worker is there nothing waits in the queue; with lookups off nobody is asked, and nothing is written', async () => {
  person(1);
  await post(1);
  await feed();
  expect((await item()).post).toMatchObject({ text: 'post 1', url: `https://bsky.app/profile/${did(1)}` });
  expect(await web.queues.enrich.queue.getWaitingCount()).toBe(0);
  const off = await startWeb(redis);
  pipeline.startWorker();
  await workerIsThere();
  const calls = bluesky.calls.length;
  const answer = await off.ask('GET', '/api/inboxes/ann/items', asReader);
  expect(Object.keys(answer.json.items[0])).toEqual([
    'id',
    'post',
    'matched_by',
    'delivered_at',
    'read',
    'starred',
  ]);
  await off.stop();
  expect(bluesky.calls).toHaveLength(calls);
  expect(await web.queues.enrich.queue.getJobCountByTypes('waiting', 'active', 'completed')).toBe(0);
  expect(
    (await createKnown(redis.client(), { isThere: () => Promise.resolve(true) }).read([`author:${did(1)}`]))
      .entries.size,
  ).toBe(0);
});
