/** A script writes all of its keys or none: one of another type stops it before it writes. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createBooks } from '../../src/lanes/books.ts';
import type { RetryRun } from '../../src/parked/retry/run.ts';
import { createRunStore } from '../../src/parked/retry/store.ts';
import { booksKeys, inboxKeys, retryRunKeys, subscriptionKeys } from '../../src/redis/keys.ts';
import { createDirectory } from '../../src/subscriptions/directory.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  client = redis.client();
});
beforeEach(() => client.flushall());
afterAll(() => redis.stop());

const books = () => createBooks(client);
const directory = () => createDirectory(client);
const run = {} as RetryRun;
const job = { queue: 'parked', id: '1', score: 1, attempts: 1, subscription: 'cats' };
const item = ['post', '{}', 'matched_by', '{"subscription_id":"cats","match_score":1}', 'identity', 'one'];
const { items, state, read, unread, seen, merged, starred, gone } = inboxKeys('ann');
const about = subscriptionKeys('cats');

async function vanished(): Promise<void> {
  await client.hset(seen, 'one', '1-1');
}

const cases: [name: string, keys: string[], prepare: () => Promise<unknown>, act: () => Promise<unknown>][] =
  [
    [
      'books are opened',
      Object.values(booksKeys('matches')),
      async () => {},
      () => books().open([{ id: 'a', entries: 3 }]),
    ],
    [
      'books are settled',
      [booksKeys('matches').books],
      () =>
        books()
          .open([{ id: 'a', entries: 3 }])
          .then(() => client.del(booksKeys('matches').books)),
      () => books().settle('a', { delivered: 3 }),
    ],
    [
      'books are reconciled',
      [booksKeys('matches').books],
      () =>
        books()
          .open([{ id: 'a', entries: 3 }])
          .then(() => client.del(booksKeys('matches').books)),
      () => books().reconcile(0),
    ],
    [
      'a subscriber is registered',
      Object.values(about),
      async () => {},
      () => directory().register('cats', 'ann'),
    ],
    [
      'a subscriber is unregistered',
      [about.since],
      () =>
        directory()
          .register('cats', 'ann')
          .then(() => client.del(about.since)),
      () => directory().unregister('cats', 'ann'),
    ],
    [
      'a retry run is saved',
      [retryRunKeys.inFlight],
      () => client.set(retryRunKeys.lease, 'me'),
      () => createRunStore(client).save('me', { phase: 'running', run }, [job], [job]),
    ],
    [
      'items are marked',
      [state, read, unread],
      () => client.xadd(items, '1-1', ...item),
      () => createInboxReader(client).markRead('ann', { ids: ['1-1'] }),
    ],
    [
      'an inbox is repaired',
      [state, merged, read, unread, starred],
      vanished,
      () => createInboxReader(client).summary('ann'),
    ],
    [
      'an inbox is repaired beside removed items',
      [gone],
      vanished,
      () => createInboxReader(client).summary('ann'),
    ],
  ];

test.each(cases)('nothing changes if %s and a key has another type', async (_, keys, prepare, act) => {
  for (const key of keys) {
    await client.flushall();
    await prepare();
    await client.set(key, 'another type');
    const before = await contents();
    await expect(act()).rejects.toThrow('WRONGTYPE');
    expect(await contents(), key).toEqual(before);
  }
});

/** But the list from a subscriber to its subscriptions: an entry is noted before the registration, and does no harm without it. */
async function contents(): Promise<Record<string, string>> {
  const keys = (await client.keys('*')).filter((key) => !key.endsWith(':subscriptions')).toSorted();
  const values = keys.map(async (key) => [key, (await client.dumpBuffer(key)).toString('hex')]);
  return Object.fromEntries(await Promise.all(values));
}
