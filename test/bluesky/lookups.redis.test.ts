import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { cidOf, queues as definitions, type Lookup } from '../../queues/index.ts';
import { createAsked } from '../../src/bluesky/asked/asked.ts';
import { createKnown } from '../../src/bluesky/known/known.ts';
import { knownKeys } from '../../src/redis/keys.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startTinyBluesky, type TinyBluesky } from './tiny-bluesky.ts';

let redis: TestRedis;
let bluesky: TinyBluesky;
let pipeline: Pipeline;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client().flushall();
  bluesky = await startTinyBluesky();
  pipeline = await openPipeline(redis, bluesky.env);
});
afterEach(async () => {
  await pipeline.stop();
  bluesky.stop();
});

const did = (n: number) => `did:plc:${String(n).padStart(24, 'a')}`;
const authors = (askedMs: number, ...dids: string[]): Lookup => ({ v: 1, kind: 'authors', askedMs, dids });
const known = () => createKnown(redis.client(), { isThere: () => Promise.resolve(true) });

async function outcomeOf(lookup: Lookup): Promise<unknown> {
  const { enrich } = pipeline.queues;
  expect(await enrich.add([lookup])).toEqual([true]);
  const id = definitions.enrich.id(lookup);
  return vi.waitFor(
    async () => {
      const job = await enrich.queue.getJob(id);
      expect(job?.finishedOn).toBeDefined();
      return job!.returnvalue as unknown;
    },
    { timeout: 20_000, interval: 20 },
  );
}

test('names are looked up in one call; who is left out keeps the name that was known', async () => {
  for (let n = 0; n < 20; n += 1)
    bluesky.people.set(did(n), {
      displayName: `N\u202Eame\u0000 ${n} ${'x'.repeat(90)}`,
      handle: `N${n}.example`,
    });
  pipeline.startWorker();
  const all = Array.from({ length: 25 }, (_, n) => did(n));
  expect(await outcomeOf(authors(1, ...all))).toEqual({ found: 20, absent: 5 });
  expect(bluesky.calls).toEqual([{ method: 'getProfiles', names: all }]);
  bluesky.people.delete(did(3));
  expect(await outcomeOf(authors(2, did(3)))).toEqual({ absent: 1 });
  const { entries } = await known().read([`author:${did(3)}`, `author:${did(24)}`]);
  const shown = entries.get(`author:${did(3)}`)!;
  expect(shown).toMatchObject({ handle: 'n3.example', isAbsent: true });
  expect(shown.name).toMatch(/^N ame 3 x{40,}$/);
  expect(shown.name!.length).toBeLessThanOrEqual(64);
  expect(entries.get(`author:${did(24)}`)).toMatchObject({ isAbsent: true });
});

test('a job completes whatever Bluesky does, and what was not answered is not kept', async () => {
  pipeline.startWorker();
  bluesky.people.set(did(1), { displayName: 'A', handle: 'a.example' });
  const faults: TinyBluesky['fault'][] = [
    { status: 500, body: '' },
    { status: 200, body: 'x' },
    { status: 200, body: '{"profiles":[{"did":7}]}' },
    { status: 302, body: '', headers: { location: bluesky.url } },
    { status: 429, body: '', headers: { 'retry-after': '60' } },
  ];
  for (const [n, fault] of faults.entries()) {
    bluesky.fault = fault;
    expect(await outcomeOf(authors(n, did(1)))).toEqual({ failed: 1 });
  }
  const asked = bluesky.calls.length;
  bluesky.fault = undefined;
  // Paused for the whole fleet: not asked.
  expect(await outcomeOf(authors(9, did(1)))).toEqual({ failed: 1 });
  expect(bluesky.calls).toHaveLength(asked);
  expect((await known().read([`author:${did(1)}`])).entries.size).toBe(0);
  // Data that was changed by hand completes, too.
  const { queue } = pipeline.queues.enrich;
  await queue.add('authors', {}, { jobId: 'lookup-by-hand' });
  await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(7), { timeout: 10_000 });
  expect(await queue.getFailedCount()).toBe(0);
});

test('a post is found by its CID, seen, withdrawn with the reason, and there again', async () => {
  pipeline.startWorker();
  const person = { displayName: 'A', handle: 'a.example' };
  const ms = Date.now();
  const record = { $type: 'app.bsky.feed.post', text: 'hello', createdAt: new Date(ms).toISOString() };
  bluesky.people.set(did(1), person);
  const uri = bluesky.publish(did(1), record, ms);
  const { rkey } = bluesky.posts.get(uri)!;
  const post = { identity: 'one', did: did(1), cid: cidOf(record)!, createdMs: ms };
  expect(await outcomeOf({ v: 1, kind: 'keys', askedMs: 1, posts: [post] })).toEqual({ found: 1 });
  const own = async () => (await known().read(['own:one'])).entries.get('own:one');
  expect(await own()).toMatchObject({ rkey, wasSeen: true });
  const check = (askedMs: number) =>
    outcomeOf({ v: 1, kind: 'checks', askedMs, posts: [{ identity: 'one', did: did(1), rkey }] });
  bluesky.fault = { status: 500, body: '' };
  expect(await check(2)).toEqual({ failed: 1 });
  expect(await own()).not.toHaveProperty('gone');
  bluesky.fault = undefined;
  // An answer in which an entry cannot be read leaves nothing out for certain.
  bluesky.fault = { status: 200, body: '{"posts":[{"uri":1}]}' };
  expect(await check(3)).toEqual({ failed: 1 });
  bluesky.fault = undefined;
  const reasons = [
    [() => bluesky.posts.delete(uri), 'deleted'],
    [() => bluesky.posts.set(uri, { did: did(1), rkey, record, isHidden: true }), 'taken_down'],
    [() => bluesky.people.set(did(1), { ...person, gone: 'AccountDeactivated' }), 'deactivated'],
    [() => bluesky.people.set(did(1), { ...person, gone: 'AccountTakedown' }), 'taken_down'],
  ] as const;
  let askedMs = 4;
  for (const [withdraw, why] of reasons) {
    withdraw();
    expect(await check((askedMs += 1))).toEqual({ absent: 1 });
    expect(await own()).toMatchObject({ rkey, gone: { at: expect.any(Number), why } });
    bluesky.people.set(did(1), person);
    bluesky.posts.set(uri, { did: did(1), rkey, record });
    expect(await check((askedMs += 1))).toEqual({ found: 1 });
    expect(await own()).not.toHaveProperty('gone');
  }
});

test('record keys beyond those that are looked for at once wait for their turn', async () => {
  pipeline.startWorker();
  const ms = Date.now();
  const keysOf = (askedMs: number, ...numbers: number[]): Lookup => ({
    v: 1,
    kind: 'keys',
    askedMs,
    posts: numbers.map((n) => {
      const record = { text: `post ${n}` };
      bluesky.people.set(did(n), { displayName: 'A', handle: 'a.example' });
      bluesky.publish(did(n), record, ms);
      return { identity: `turn ${n}`, did: did(n), cid: cidOf(record)!, createdMs: ms };
    }),
  });
  await pipeline.queues.enrich.add([keysOf(ms, 1, 2, 3, 4), keysOf(ms, 5, 6, 7, 8)]);
  expect(await outcomeOf(keysOf(ms, 9))).toEqual({ found: 1 });
  expect(await outcomeOf(keysOf(ms, 10))).toEqual({ found: 1 });
});

test('what was never shown there is not withdrawn, and a key that was said must lead to the same record', async () => {
  pipeline.startWorker();
  bluesky.people.set(did(1), { displayName: 'A', handle: 'a.example' });
  const record = { text: 'hello' };
  const other = bluesky.publish(did(1), { text: 'other' }, 1_700_000_000_000);
  const posts = [
    { identity: 'unseen', did: did(1), rkey: '3kaaaaaaaaa2a', cid: cidOf(record)! },
    { identity: 'wrong', did: did(1), rkey: bluesky.posts.get(other)!.rkey, cid: cidOf(record)! },
  ];
  await outcomeOf({ v: 1, kind: 'checks', askedMs: 1, posts });
  const { entries } = await known().read(['own:unseen', 'own:wrong']);
  expect(entries.get('own:unseen')).toMatchObject({ rkey: '3kaaaaaaaaa2a' });
  expect(entries.get('own:unseen')).not.toHaveProperty('gone');
  expect(entries.get('own:wrong')).toMatchObject({ wrongKey: posts[1]!.rkey });
  expect(entries.get('own:wrong')).not.toHaveProperty('rkey');
});

test('lookups that hang take nothing from deliveries', async () => {
  pipeline.startWorker();
  pipeline.startPump();
  bluesky.fault = { status: 200, body: '{', headers: { 'content-length': '100' } };
  for (let n = 0; n < 8; n += 1) await pipeline.queues.enrich.add([authors(n, did(n))]);
  await vi.waitFor(() => expect(bluesky.calls.length).toBeGreaterThan(3), { timeout: 10_000 });
  await pipeline.append([wire(makeMatch('ann', 1))]);
  await vi.waitFor(async () => expect(await pipeline.inbox('ann')).toHaveLength(1), { timeout: 10_000 });
  expect(await pipeline.queues.enrich.queue.getActiveCount()).toBe(4);
});

test('nothing is taken twice, nothing without a worker, nothing beyond 100 jobs', async () => {
  const asked = createAsked(redis.client(), bluesky.url);
  const names = Array.from({ length: 60 }, (_, n) => ({ kind: 'authors', name: `author:${n}` }));
  expect((await asked.claim(names)).isTaken).not.toContain(true);
  await asked.workerIsHere();
  const [one, two] = await Promise.all([asked.claim(names), asked.claim(names)]);
  expect([one.isTaken.filter(Boolean).length, two.isTaken.filter(Boolean).length]).toEqual([60, 0]);
  await asked.release(['author:1', 'author:2'], ['author:2']);
  expect((await asked.claim(names)).isTaken.flatMap((is, n) => (is ? [n] : []))).toEqual([1]);
  await redis
    .client()
    .rpush('skywire-inbox:{enrich}:enrich:wait', ...Array.from({ length: 99 }, (_, n) => `j${n}`));
  const more = Array.from({ length: 60 }, (_, n) => ({ kind: 'posts', name: `post:${n}` }));
  expect((await asked.claim(more)).isTaken.filter(Boolean)).toHaveLength(25);
});

test('what is known stays within its size, the oldest making room; above 75 % nothing is written', async () => {
  const client = redis.client();
  const author = (n: number) => ({ at: n, name: 'n'.repeat(3_000) });
  for (let from = 0; from < 14_000; from += 1_000)
    await known().write(
      new Map(Array.from({ length: 1_000 }, (_, n) => [`author:${from + n}`, author(n)])) as never,
    );
  const { entries } = await known().read(['author:0', 'author:13999']);
  expect([...entries.keys()]).toEqual(['author:13999']);
  let bytes = 0;
  for (let part = 0; part < 16; part += 1)
    for (const key of Object.values(knownKeys('cache', part)))
      bytes += (await client.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
  expect(bytes).toBeGreaterThan(15_000_000);
  expect(bytes).toBeLessThan(29_000_000);
  const full = createKnown(client, { isThere: () => Promise.resolve(false) });
  expect(await full.write(new Map([['author:x', { at: 1 }]]) as never)).toBe(false);
  expect((await known().read(['author:x'])).entries.size).toBe(0);
});
