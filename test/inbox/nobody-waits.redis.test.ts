/** What takes many calls of Redis ends where nobody waits for it, and goes on from there the next time. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { noReading } from '../../src/bluesky/reading/reading.ts';
import { createInboxIds } from '../../src/inbox/ids/inbox-ids.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { inboxKeys } from '../../src/redis/keys.ts';
import { createFrames } from '../../src/web/api/live/frames.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const INBOX = 'ann';
const ITEMS = 3_000;
let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
let reader: ReturnType<typeof createInboxReader>;
beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
  await deliver(INBOX);
});
afterAll(() => redis.stop());
beforeEach(async () => {
  reader = createInboxReader(client);
  // Loads the scripts, which would else be two calls each.
  await reader.page(INBOX, { limit: 1 });
});

async function deliver(subscriber: string): Promise<void> {
  const deliveries = Array.from({ length: ITEMS }, (_, n) => {
    const parsed = parseMatch(wire(makeMatch('cats', n, { emptyRkey: true })));
    if (!('match' in parsed)) throw new Error(parsed.malformed);
    return { subscriber, match: parsed.match };
  });
  await createInboxWriter(client, { maxItems: 0, maxAgeMs: 0, seenWindowMs: 3_600_000 }).write(deliveries);
}

async function calls(): Promise<number> {
  const [, count = '0'] = /cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats')) ?? [];
  return Number(count);
}

/** Of work that nobody waits for once `mostCalls` of its calls were made. */
async function callsOf(work: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const before = await calls();
  const over = new AbortController();
  const working = work(over.signal);
  over.abort(new Error('nobody waits'));
  await expect(working).rejects.toThrow('nobody waits');
  return (await calls()) - before;
}

test('a filter that finds nothing stops at its next call', async () => {
  const page = (signal?: AbortSignal) => reader.page(INBOX, { limit: 50, subscription: 'dogs' }, signal);
  expect(await callsOf(page)).toBe(1);
  expect((await page()).items).toEqual([]);
});

test('a search, and ids that feed-reader apps ask for, stop at their next call', async () => {
  const nothing = () => Promise.resolve([]);
  // What is read ahead may be under way.
  expect(await callsOf((signal) => reader.search(INBOX, { limit: 50 }, nothing, signal))).toBeLessThan(3);
  const ids = createInboxIds(client);
  expect(await callsOf((signal) => ids.read(INBOX, signal))).toBeLessThan(2);
  expect((await ids.read(INBOX)).table.length).toBe(ITEMS);
});

test('what streams read together goes on for one of them, and stops when the last has gone', async () => {
  const frames = createFrames({ inboxes: reader, itemJson: () => '', reading: noReading, onRead: () => {} });
  const { items } = inboxKeys('liv');
  await deliver('liv');
  await frames.after('liv', '0-0', { newest: '0-0' }, new AbortController().signal);
  // Now a read takes a mend of many calls.
  await client.xtrim(items, 'MAXLEN', 100);
  const [one, other] = [new AbortController(), new AbortController()];
  const reads = [one, other].map(({ signal }) => frames.after('liv', '0-0', { newest: '0-0' }, signal));
  const outcome = Promise.allSettled(reads);
  const before = await calls();
  one.abort(new Error('nobody waits'));
  while ((await calls()) < before + 2) await client.ping();
  other.abort(new Error('nobody waits'));
  const atEnd = await calls();
  expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await calls()) - atEnd).toBeLessThan(3);
  const all = await frames.after('liv', '0-0', { newest: '0-0' }, new AbortController().signal);
  expect(all.counts.total).toBe(100);
});

test('marks that were made stay, and the next request makes the others', async () => {
  const { newest } = await reader.summary(INBOX);
  const mark = (signal?: AbortSignal) => reader.markRead(INBOX, { upTo: newest! }, signal);
  expect(await callsOf(mark)).toBeLessThanOrEqual(2);
  expect((await reader.summary(INBOX)).unread).toBe(ITEMS - 1_000);
  expect(await mark()).toBe(0);
});

test('a mend goes on where the last one ended, so that it ends however little time each gets', async () => {
  const { items, seen } = inboxKeys(INBOX);
  // Few are gone: who began anew each time would never come to the last of them.
  await client.xtrim(items, 'MAXLEN', ITEMS - 100);
  const left: number[] = [];
  for (let tries = 0; tries < 100; tries += 1) {
    const over = new AbortController();
    const working = reader.summary(INBOX, over.signal);
    // The reading, and then one call of the mend.
    const before = await calls();
    while ((await calls()) < before + 1) await client.ping();
    over.abort(new Error('nobody waits'));
    const isDone = await working.then(
      () => true,
      () => false,
    );
    left.push(await client.hlen(seen));
    if (isDone) break;
  }
  expect(left.at(-1)).toBe(ITEMS - 100);
  expect(await reader.summary(INBOX)).toMatchObject({ total: ITEMS - 100 });
});
