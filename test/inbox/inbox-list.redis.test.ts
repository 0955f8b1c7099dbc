/** The lists of inboxes and registrations: what is written now is listed at once, what was there before is found. */
import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../processors/index.ts';
import { CANARY, parseMatch } from '../../queues/index.ts';
import { createInboxList } from '../../src/inbox/inbox-list.ts';
import { createFill } from '../../src/inbox/maintenance/fill.ts';
import { startMaintenance, type Times } from '../../src/inbox/maintenance/maintenance.ts';
import { createSweep } from '../../src/inbox/maintenance/sweep.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { encodeName, inboxKeys, maintenanceKeys, subscriptionKeys } from '../../src/redis/keys.ts';
import { createDirectory } from '../../src/subscriptions/directory.ts';
import { type ClusterSite, startClusterSite } from '../fixtures/cluster.ts';
import { eventually as patiently } from '../fixtures/eventually.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

type Client = Redis | Cluster;
const eventually = (check: () => Promise<unknown>) => patiently(check, { withinMs: 30_000 });
const limits = { maxItems: 0, maxAgeMs: 0, seenWindowMs: 3_600_000 };
const quick: Partial<Times> = { restMs: 20, fillEveryMs: 20, leaseMs: 500, share: 1 };

function delivery(subscriber: string, n = 1): Delivery {
  const parsed = parseMatch(wire(makeMatch('cats', n)));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return { subscriber, match: parsed.match };
}

async function allNames(client: Client, limit = 1_000): Promise<string[]> {
  const list = createInboxList(client);
  const found: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: { names: string[]; next: string | null } = await list.page({ after, limit });
    found.push(...page.names);
    after = page.next;
  }
  return found;
}

let troubles: string[] = [];
beforeEach(() => {
  troubles = [];
});
const onTrouble = (where: string, error: Error) => void troubles.push(`${where}: ${error.message}`);
function maintain(client: Client, times: Partial<Times> = quick) {
  const list = createInboxList(client);
  const fill = createFill(client, list, onTrouble);
  return startMaintenance({
    client,
    fill,
    sweep: createSweep(client, list, limits, onTrouble),
    onTrouble,
    times,
  });
}

/** As a worker and a web process of the version before leave them. */
async function leaveBehind(client: Client, names: readonly string[], subscription: string): Promise<void> {
  const { about, subscribers, since } = subscriptionKeys(subscription);
  await client.hset(about, 'created_at', 1);
  for (const name of names) {
    const { items, state, seen } = inboxKeys(encodeName(name)!);
    const id = await client.xadd(items, '*', 'post', '{}', 'matched_by', '{}', 'identity', 'x');
    await client.hset(seen, 'x', id!);
    await client.hset(state, 'unread', 1);
    await client.zadd(subscribers, 0, encodeName(name)!);
    await client.hset(since, encodeName(name)!, 1);
  }
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

  test('an inbox is listed before its first item, once, and the canary is not', async () => {
    const writer = createInboxWriter(client, limits);
    const sent = ['b', 'a', 'ä/{x}', CANARY].map((name) => delivery(name));
    await writer.write(sent);
    expect(sent.map(({ result }) => result)).toEqual(Array(4).fill('delivered'));
    await writer.write([delivery('a', 2)]);
    expect(await allNames(client)).toEqual(['%C3%A4%2F%7Bx%7D', 'a', 'b']);
  });

  test('one that cannot be listed has its matches, and that is reported', async () => {
    for (let part = 0; part < 16; part += 1)
      await client.set(`skywire-inbox:{inboxes.${part.toString(16)}}`, 'x');
    const sent = [delivery('a')];
    await createInboxWriter(client, limits, onTrouble).write(sent);
    expect(sent[0]!.result).toBe('delivered');
    expect(troubles).toEqual([expect.stringMatching(/^list of inboxes: WRONGTYPE/)]);
  });

  test('posts stand in a new inbox in the order of their batches, however many write at once', async () => {
    const writer = createInboxWriter(client, limits);
    // Redis knows the scripts: until then a write that is sent twice may be overtaken.
    await writer.write([delivery('known')]);
    const batches = Array.from({ length: 20 }, (_, n) => [delivery('new', n)]);
    const written: Promise<void>[] = [];
    for (const batch of batches) {
      written.push(writer.write(batch));
      await new Promise(setImmediate);
    }
    await Promise.all(written);
    const items = await client.xrange(inboxKeys('new').items, '-', '+');
    expect(items.map(([, fields]) => fields[5])).toEqual(batches.map(([one]) => one!.match.identity));
  });

  test('pages go by name and prefix, whatever part of the list a name is in', async () => {
    const names = Array.from(
      { length: 300 },
      (_, n) => `${n % 3 ? 'person' : 'team'}-${String(n).padStart(3, '0')}`,
    );
    await createInboxList(client).add(names);
    expect(await allNames(client, 7)).toEqual(names.toSorted());
    const list = createInboxList(client);
    const teams = names.filter((name) => name.startsWith('team')).toSorted();
    expect(await list.page({ prefix: 'team', limit: 100 })).toEqual({ names: teams, next: null });
    expect(await list.page({ prefix: 'team', after: teams[9]!, limit: 5 })).toEqual({
      names: teams.slice(10, 15),
      next: teams[14],
    });
    expect(await list.page({ prefix: 'team', after: 'person-001', limit: 1 })).toMatchObject({
      names: [teams[0]],
    });
    expect(await list.page({ prefix: 'zebra', limit: 1 })).toEqual({ names: [], next: null });
  });

  test('what was there before the lists is found, whoever else keeps keys, and what an older build adds later too', async () => {
    const names = Array.from({ length: 1_200 }, (_, n) => `old ${String(n).padStart(4, '0')}`);
    await leaveBehind(client, names, 'cats');
    await client.set('inbox:{not one of ours!}', 'x');
    await client.set('subscription:{odd}:subscribers', 'x');
    const maintenance = maintain(client);
    const encoded = names.map((name) => encodeName(name)!);
    await eventually(async () => expect(await allNames(client)).toEqual(encoded.toSorted()));
    await leaveBehind(client, ['late'], 'dogs');
    await eventually(async () => {
      expect(await allNames(client)).toEqual(['late', ...encoded].toSorted());
      expect(await createDirectory(client).registrationsOf('late')).toEqual(['dogs']);
      expect(await createDirectory(client).registrationsOf(encoded[7]!)).toEqual(['cats']);
    });
    await maintenance.stop();
    expect(new Set(troubles)).toEqual(new Set([expect.stringMatching(/^subscribers of odd: WRONGTYPE/)]));
  });

  test('one process at a time does it, and another goes on where it stopped', async () => {
    const places: (string | undefined)[] = [];
    const start = (name: string, stopAt: number) =>
      startMaintenance({
        client,
        fill: async (place = { done: [] }) => {
          places.push(`${name} ${place.done.length}`);
          if (place.done.length === stopAt)
            await new Promise((resolve) => setTimeout(resolve, 5_000).unref());
          return { done: [...place.done, 'one more'] };
        },
        sweep: async () => undefined,
        onTrouble,
        times: quick,
      });
    const first = start('first', 3);
    await eventually(async () => expect(places.length).toBeGreaterThan(0));
    const second = start('second', 6);
    await eventually(async () => expect(places).toContain('second 6'));
    expect(places).toEqual([
      'first 0',
      'first 1',
      'first 2',
      'first 3',
      'second 3',
      'second 4',
      'second 5',
      'second 6',
    ]);
    await Promise.all([first.stop(), second.stop()]);
  });

  test('a place that a later version saved is no obstacle', async () => {
    await client.hset(maintenanceKeys.state, 'place', '{"at":"compress"}');
    await leaveBehind(client, ['a'], 'cats');
    const maintenance = maintain(client);
    await eventually(async () => expect(await allNames(client)).toEqual(['a']));
    await maintenance.stop();
  });

  test('a name without an inbox leaves the list', async () => {
    await createInboxList(client).add(['nobody']);
    await leaveBehind(client, ['a'], 'cats');
    const maintenance = maintain(client);
    await eventually(async () => expect(await allNames(client)).toEqual(['a']));
    await maintenance.stop();
    expect(troubles).toEqual([]);
  });

  test('who registers is listed under the subscription and it under the subscriber, until that ends', async () => {
    const directory = createDirectory(client);
    await directory.register('cats', 'ann');
    await directory.register('dogs', 'ann');
    expect((await directory.registrationsOf('ann')).toSorted()).toEqual(['cats', 'dogs']);
    await directory.remove('cats');
    expect(await directory.registrationsOf('ann')).toEqual(['dogs']);
    const { subscriptions } = inboxKeys('ann');
    await client.hset(subscriptions, 'cats', 1);
    await directory.registrationsOf('ann');
    expect(await client.hkeys(subscriptions)).toEqual(['dogs']);
  });
});

describe('on a Cluster', () => {
  let site: ClusterSite;
  beforeAll(async () => {
    site = await startClusterSite('--appendonly', 'no');
  }, 120_000);
  afterAll(() => site?.stop());

  test('the lists are filled from all nodes', { timeout: 60_000 }, async () => {
    const client = site.connect({}) as unknown as Cluster;
    const names = Array.from({ length: 200 }, (_, n) => `old-${n}`);
    await leaveBehind(client, names, 'cats');
    await createInboxWriter(client, limits).write([delivery('new'), delivery('new-too')]);
    const maintenance = maintain(client);
    await eventually(async () =>
      expect(await allNames(client, 50)).toEqual([...names, 'new', 'new-too'].toSorted()),
    );
    await eventually(async () =>
      expect(await createDirectory(client).registrationsOf('old-77')).toEqual(['cats']),
    );
    await maintenance.stop();
    expect(troubles).toEqual([]);
    client.disconnect();
  });
});
