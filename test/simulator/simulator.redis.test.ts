import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { cidOf, parseMatch } from '../../queues/index.ts';
import { parseSkywire, runSkywire } from '../../src/simulator/command.ts';
import { type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const WITHIN = { timeout: 20_000, interval: 5 };
const defaults: SimulatorOptions = {
  streams: ['matches'],
  rate: 0,
  count: 0,
  subscriptions: 100,
  seed: 1,
  emptyRkey: true,
};

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  // Without fsync Redis hands every write to the kernel before it answers; with everysec a kill -9 can cost confirmed writes.
  redis = await startRedis('--appendfsync', 'no');
  client = redis.client();
});
beforeEach(() => client.flushall());
afterAll(() => redis.stop());

/** (subscription, post) of each entry, in the order of the stream. */
async function identitiesIn(stream: string): Promise<string[]> {
  return (await client.xrange(stream, '-', '+')).map(([, fields]) => {
    expect(fields[0]).toBe('data');
    expect(fields.length).toBe(2);
    const parsed = parseMatch(fields[1]!);
    if ('malformed' in parsed) throw new Error(parsed.malformed);
    return `${parsed.match.subscriptionId} ${parsed.match.identity}`;
  });
}

const start = (options: Partial<SimulatorOptions>, through: Redis = client) =>
  startSimulator(through, { ...defaults, ...options });

test('as many matches as asked for are in the stream, each once, the same from the same seed', async () => {
  const simulator = start({ count: 5_000 });
  expect((await simulator.done).count).toBe(5_000);
  expect(simulator.appended()).toBe(5_000);
  await start({ count: 5_000, streams: ['again'] }).done;
  const identities = await identitiesIn('matches');
  expect(new Set(identities).size).toBe(5_000);
  expect(await identitiesIn('again')).toEqual(identities);
});

test('several streams share the matches, and a subscription stays in one of them', async () => {
  const streams = ['part:0', 'part:1', 'part:2'];
  await start({ count: 3_000, streams }).done;
  const parts = await Promise.all(streams.map(identitiesIn));
  expect(parts.map((part) => part.length > 300)).toEqual([true, true, true]);
  expect(new Set(parts.flat()).size).toBe(3_000);
  const owners = parts.flatMap((part) => [...new Set(part.map((text) => text.split(' ')[0]))]);
  expect(new Set(owners).size).toBe(owners.length);
});

test('a rate is kept, and spread over the whole time', async () => {
  const { seconds } = await start({ count: 1_000, rate: 1_000 }).done;
  expect(seconds).toBeGreaterThan(0.99);
  const moments = (await client.xrange('matches', '-', '+')).map(([id]) => id.split('-')[0]);
  expect(new Set(moments).size).toBeGreaterThan(20);
});

test('a connection that breaks again and again, and a server that is killed, cost no match', async () => {
  // Does not send again by itself what was on its way.
  const fragile = redis.client({ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 });
  const simulator = start({ count: 6_000, rate: 4_000 }, fragile);
  for (const reached of [500, 1_500, 2_500]) {
    await vi.waitFor(() => expect(simulator.appended()).toBeGreaterThan(reached), WITHIN);
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
  await vi.waitFor(() => expect(simulator.appended()).toBeGreaterThan(3_500), WITHIN);
  await redis.kill9();
  await redis.restart();
  expect((await simulator.done).count).toBe(6_000);
  expect(new Set(await identitiesIn('matches')).size).toBe(6_000);
});

test('while Redis is full it waits; then every match is there, and none twice', async () => {
  await client.config('SET', 'maxmemory', 1);
  try {
    const simulator = start({ count: 1_000 });
    await vi.waitFor(async () => expect(await client.info('errorstats')).toContain('errorstat_OOM'), WITHIN);
    expect(simulator.appended()).toBe(0);
    await client.config('SET', 'maxmemory', 0);
    await simulator.done;
  } finally {
    await client.config('SET', 'maxmemory', 0);
  }
  const identities = await identitiesIn('matches');
  expect(identities.length).toBe(1_000);
  expect(new Set(identities).size).toBe(1_000);
});

test('a key of another type ends it with what Redis said', async () => {
  await client.set('matches', 'a string');
  await expect(start({ count: 10 }).done).rejects.toThrow('WRONGTYPE');
});

test('a client that its owner closed ends it', async () => {
  const own = redis.client();
  const simulator = start({ rate: 1_000 }, own);
  await vi.waitFor(() => expect(simulator.appended()).toBeGreaterThan(0), WITHIN);
  const ended = expect(simulator.done).rejects.toThrow();
  own.disconnect();
  await ended;
});

test('stop ends it at once, twice is harmless, and what it counted is in the stream', async () => {
  const simulator = start({ rate: 1 });
  await Promise.all([simulator.stop(), simulator.stop()]);
  await simulator.stop();
  expect((await simulator.done).count).toBe(await client.xlen('matches'));
});

test('stop ends within its deadline with Redis gone', async () => {
  const simulator = start({ rate: 1_000 });
  await vi.waitFor(() => expect(simulator.appended()).toBeGreaterThan(0), WITHIN);
  await redis.kill9();
  const askedMs = performance.now();
  await simulator.stop();
  expect(performance.now() - askedMs).toBeLessThan(3_000);
  await simulator.done;
  await redis.restart();
});

async function run(argv: string[], { isTTY = false, signal = new AbortController().signal } = {}) {
  const written: string[] = [];
  const out = { isTTY, write: (text: unknown) => written.push(String(text)) > 0 };
  await runSkywire(parseSkywire(argv), { client, streams: ['matches'], signal, out });
  return written;
}

test('the command prints one line in a pipe', async () => {
  const written = await run('--rate 0 --count 250 --seed 1'.split(' '));
  expect(written).toEqual([expect.stringMatching(/^appended 250 matches in \d+\.\d\d s: \d+ per second\n$/)]);
});

test('the command shows its progress on a terminal, and takes it away at the end', async () => {
  const written = await run('--rate 1000 --count 800'.split(' '), { isTTY: true });
  expect(written[0]).toMatch(/appended \d+ of 800 matches$/);
  expect(written.at(-2)).toBe('\r\u001b[K');
  expect(written.at(-1)).toMatch(/^appended 800 matches/);
});

test('a signal ends the command, which still says what it did', async () => {
  const stopping = new AbortController();
  const running = run([], { signal: stopping.signal });
  await vi.waitFor(async () => expect(await client.xlen('matches')).toBeGreaterThan(0), WITHIN);
  stopping.abort();
  expect((await running)[0]).toMatch(/^appended \d+ matches/);
});

test('with --bluesky it also serves a made-up Bluesky that has its posts, until a signal', async () => {
  const stopping = new AbortController();
  const written: string[] = [];
  const out = { isTTY: false, write: (text: unknown) => written.push(String(text)) > 0 };
  const options = parseSkywire('--rate 0 --count 50 --empty-rkey --bluesky 0'.split(' '));
  const running = runSkywire(options, { client, streams: ['matches'], signal: stopping.signal, out });
  await vi.waitFor(() => expect(written[1]).toMatch(/^appended 50/), WITHIN);
  const url = /BLUESKY_API_URL=(\S+) PLC_URL=\1 MEDIA=\1\n/.exec(written[0]!)![1]!;
  const { post } = JSON.parse((await client.xrange('matches', '-', '+'))[0]![1][1]!);
  const query = `repo=${post.author}&collection=app.bsky.feed.post`;
  const listed = await (await fetch(`${url}/xrpc/com.atproto.repo.listRecords?${query}`)).json();
  const { records } = listed as { records: { cid: string }[] };
  expect(records.map(({ cid }) => cid)).toContain(cidOf(post.raw_record));
  stopping.abort();
  await running;
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test.each([
  ['with a seed a second run sends the same matches again', '--rate 0 --count 300 --seed 5', 300],
  ['without a seed a second run sends new ones', '--rate 0 --count 300', 600],
])('%s', async (_, argv, distinct) => {
  await run(argv.split(' '));
  await run(argv.split(' '));
  expect(new Set(await identitiesIn('matches')).size).toBe(distinct);
});
