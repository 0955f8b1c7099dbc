/** Who was erased stays erased: nothing older comes back, whatever writes at the same time, and what is newer is delivered. */
import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../processors/index.ts';
import { parseMatch } from '../../queues/index.ts';
import { createErase } from '../../src/inbox/erase/erase.ts';
import { erasedAt } from '../../src/inbox/erase/erased.ts';
import { createFeedTokens } from '../../src/inbox/feed-tokens.ts';
import { createInboxList } from '../../src/inbox/inbox-list.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { encodeName, erasedKey, inboxKeys } from '../../src/redis/keys.ts';
import { createDirectory } from '../../src/subscriptions/directory.ts';
import { type ClusterSite, startClusterSite } from '../fixtures/cluster.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const limits = { maxItems: 5, maxAgeMs: 86_400_000, seenWindowMs: 2 * 86_400_000 };

function delivery(subscriber: string, n: number, receivedMs: number, subscription = 'cats'): Delivery {
  const parsed = parseMatch(wire(makeMatch(subscription, n)));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return { subscriber, match: parsed.match, receivedMs };
}
const resultsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ result }) => result);

function open(client: Redis | Cluster) {
  const list = createInboxList(client);
  const feedTokens = createFeedTokens(client);
  const directory = createDirectory(client);
  const erase = createErase({ client, list, feedTokens, directory, rememberMs: limits.seenWindowMs });
  return { list, feedTokens, directory, erase, writer: createInboxWriter(client, limits) };
}

describe('on one server', () => {
  let redis: TestRedis;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis('--appendonly', 'no');
    client = redis.client();
  });
  beforeEach(() => client.flushall());
  afterAll(() => redis.stop());

  test('all of a person goes, and only a hash of the name and the time stay, for the replay window', async () => {
    const { writer, feedTokens, directory, erase, list } = open(client);
    const name = encodeName('Ann Ö')!;
    await directory.register('cats', name);
    await directory.register('cats', 'ben');
    await directory.register('dogs', name);
    const token = (await feedTokens.create(name, 'phone'))!.token;
    for (let n = 0; n < 12; n += 1)
      await writer.write([delivery('Ann Ö', n, 1, n % 2 ? 'a' : 'b'), delivery('Ann Ö', n, 1, 'c')]);
    const reader = createInboxReader(client);
    const { newest } = await reader.summary(name);
    await reader.star(name, newest!, true);
    await reader.markRead(name, { upTo: newest! });
    const before = Date.now();
    await erase(name);
    expect(await feedTokens.inboxOf(token)).toBeUndefined();
    expect(await client.keys('*Ann*')).toEqual([]);
    expect(await client.keys('feed-token:*')).toEqual([]);
    expect(await directory.find('cats', { limit: 10 })).toMatchObject({ subscribers: ['ben'] });
    expect(await directory.find('dogs', { limit: 10 })).toMatchObject({ total: 0 });
    expect(await list.page({ limit: 10 })).toEqual({ names: [], next: null });
    const [at] = await erasedAt(client, [name]);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(await client.pttl(erasedKey(name))).toBeGreaterThan(limits.seenWindowMs - 60_000);
    expect(await client.pttl(erasedKey(name))).toBeLessThanOrEqual(limits.seenWindowMs);
    await erase(name);
    expect(await client.exists(...Object.values(inboxKeys(name)))).toBe(0);
  });

  test('nothing older comes back, before and after the person lives again, and what is newer is whole', async () => {
    const { writer, erase, list } = open(client);
    const lately = Date.now() - 1;
    const old = () => [delivery('ann', 1, 1_000), delivery('ann', 2, lately), delivery('ben', 1, 1_000)];
    await writer.write(old());
    await erase('ann');
    const again = old();
    await writer.write(again);
    expect(resultsOf(again)).toEqual(['erased', 'erased', 'duplicate']);
    expect(await client.exists(...Object.values(inboxKeys('ann')))).toBe(0);
    expect((await list.page({ limit: 9 })).names).toEqual(['ben']);

    const later = Date.now() + 1_000;
    const fresh = [delivery('ann', 1, 1_000), delivery('ann', 3, later), delivery('ann', 4, later)];
    await writer.write(fresh);
    expect(resultsOf(fresh)).toEqual(['erased', 'delivered', 'delivered']);
    const more = [
      delivery('ann', 3, later),
      delivery('ann', 3, later, 'dogs'),
      delivery('ann', 2, 2_000, 'dogs'),
    ];
    await writer.write(more);
    expect(resultsOf(more)).toEqual(['duplicate', 'merged', 'erased']);
    expect(await createInboxReader(client).summary('ann')).toMatchObject({ total: 2, unread: 2 });
    expect((await list.page({ limit: 9 })).names).toEqual(['ann', 'ben']);

    // A post that was erased arrives anew.
    const anew = [delivery('ann', 1, later)];
    await writer.write(anew);
    expect(resultsOf(anew)).toEqual(['delivered']);
  });

  test('an item that another program removed comes back to somebody who lives again', async () => {
    const { writer, erase } = open(client);
    await erase('ann');
    const later = Date.now() + 1_000;
    await writer.write([delivery('ann', 1, later)]);
    const [[id] = []] = await client.xrange(inboxKeys('ann').items, '-', '+');
    await client.xdel(inboxKeys('ann').items, id!);
    const again = [delivery('ann', 1, later)];
    await writer.write(again);
    expect(resultsOf(again)).toEqual(['delivered']);
  });

  test('after the window there is nothing left of it', async () => {
    const { writer, erase } = open(client);
    await erase('ann');
    await writer.write([delivery('ann', 1, Date.now() + 1_000)]);
    await client.del(erasedKey('ann'));
    const old = [delivery('ann', 2, 1)];
    await writer.write(old);
    expect(resultsOf(old)).toEqual(['delivered']);
    expect(await client.hget(inboxKeys('ann').state, 'admitted')).toBe('0');
  });

  test('whatever is written, bounded, read and marked while somebody is erased, in the end nothing is there', async () => {
    const { erase } = open(client);
    const writers = [open(redis.client()).writer, open(redis.client()).writer];
    const reader = createInboxReader(redis.client());
    const over = new AbortController();
    let n = 0;
    const busy = [
      ...writers.map(async (writer) => {
        while (!over.signal.aborted) {
          const some = Array.from({ length: 20 }, () => delivery('ann', (n += 1) % 200, 1_000));
          await writer.write([...some, delivery('ben', n, 1_000)]);
        }
      }),
      (async () => {
        while (!over.signal.aborted) {
          const { items } = await reader.page('ann', { limit: 10 });
          if (items[0]) await reader.markRead('ann', { upTo: items[0].id });
        }
      })(),
    ];
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let times = 0; times < 20; times += 1) {
      await erase('ann');
      await new Promise(setImmediate);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    over.abort();
    await Promise.all(busy);
    expect(await client.keys('*ann*')).toEqual([]);
    expect((await open(client).list.page({ limit: 9 })).names).toEqual(['ben']);
  });

  /** A client that waits for `act` before its first script call with so many keys. */
  function interrupted(keys: (count: number) => boolean, act: () => Promise<void>): Redis {
    const other = redis.client();
    const evalsha = other.evalsha.bind(other) as (...args: unknown[]) => Promise<unknown>;
    let isDone = false;
    other.evalsha = async (sha: string, count: number, ...args: unknown[]) => {
      if (!isDone && keys(count)) {
        isDone = true;
        await act();
      }
      return evalsha(sha, count, ...args);
    };
    return other;
  }

  test('an erasure just before a lost item is restored leaves nothing', async () => {
    const { erase } = open(client);
    const { writer } = open(
      interrupted(
        (keys) => keys > 5,
        () => erase('ann'),
      ),
    );
    await writer.write([delivery('ann', 1, 1_000)]);
    const [[id] = []] = await client.xrange(inboxKeys('ann').items, '-', '+');
    await client.xdel(inboxKeys('ann').items, id!);
    const again = [delivery('ann', 1, 1_000)];
    await writer.write(again);
    expect(resultsOf(again)).toEqual(['erased']);
    expect(await client.keys('*ann*')).toEqual([]);
  });

  test('an erasure just before the limits are applied leaves nothing', async () => {
    const { erase } = open(client);
    const { writer } = open(
      interrupted(
        (keys) => keys > 5,
        () => erase('ann'),
      ),
    );
    const sent = Array.from({ length: 9 }, (_, n) => delivery('ann', n, 1_000));
    await writer.write(sent);
    expect(new Set(resultsOf(sent))).toEqual(new Set(['delivered']));
    expect(await client.keys('*ann*')).toEqual([]);
  });

  test('an erasure within a registration leaves one that can be found and erased', async () => {
    const { erase } = open(client);
    const directory = createDirectory(
      interrupted(
        (keys) => keys === 3,
        () => erase('ann'),
      ),
    );
    await directory.register('cats', 'ann');
    expect(await directory.find('cats', { limit: 9 })).toMatchObject({ subscribers: ['ann'] });
    await erase('ann');
    expect(await directory.find('cats', { limit: 9 })).toMatchObject({ subscribers: [] });
  });

  test('a registration or a token that comes at the same time is not left half', async () => {
    const { directory, feedTokens, erase } = open(client);
    const other = createDirectory(redis.client());
    const tokens: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      await directory.register('cats', 'ann');
      await Promise.all([
        erase('ann'),
        other.register('dogs', 'ann'),
        feedTokens.create('ann', '').then((made) => tokens.push(made!.token)),
      ]);
      expect(await directory.find('cats', { limit: 9 })).toMatchObject({ total: 0 });
      const isRegistered = (await directory.find('dogs', { limit: 9 }))!.total === 1;
      if (isRegistered) expect(await directory.registrationsOf('ann')).toEqual(['dogs']);
      const listed = (await feedTokens.list('ann')).length;
      const valid = await Promise.all(tokens.map((token) => feedTokens.inboxOf(token)));
      expect(valid.filter((inbox) => inbox !== undefined)).toHaveLength(listed);
      await erase('ann');
      expect(await client.keys('*ann*')).toEqual([]);
    }
  });

  test("another program's keys under the name go too", async () => {
    const { erase } = open(client);
    for (const key of Object.values(inboxKeys('odd'))) await client.set(key, 'x');
    await erase('odd');
    expect(await client.keys('*odd*')).toEqual([]);
  });
});

describe('on a Cluster', () => {
  let site: ClusterSite;
  beforeAll(async () => {
    site = await startClusterSite('--appendonly', 'no');
  }, 120_000);
  afterAll(() => site?.stop());

  test('what is remembered lies in the slot of the inbox', { timeout: 60_000 }, async () => {
    const client = site.connect({}) as unknown as Cluster;
    const { writer, erase, directory } = open(client);
    for (let n = 0; n < 30; n += 1) {
      const name = `person ${n}`;
      const encoded = encodeName(name)!;
      const slots = [inboxKeys(encoded).items, erasedKey(encoded)].map((key) =>
        client.cluster('KEYSLOT', key),
      );
      expect(new Set(await Promise.all(slots)).size).toBe(1);
      await directory.register('cats', encoded);
      await writer.write([delivery(name, 1, 1_000)]);
      await erase(encoded);
      const again = [delivery(name, 1, 1_000), delivery(name, 2, Date.now() + 1_000)];
      await writer.write(again);
      expect(resultsOf(again)).toEqual(['erased', 'delivered']);
    }
    expect(await directory.find('cats', { limit: 9 })).toMatchObject({ total: 0 });
    client.disconnect();
  });
});
