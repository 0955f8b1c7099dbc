/** What a delivered item costs Redis, by how many get the same post. */

import { parseInfo } from '../../src/redis/server-check.ts';
import { createDirectory } from '../../src/subscriptions/directory.ts';
import { barChart } from '../chart.ts';
import { startAll, whenArrived } from '../drain.ts';
import { measureInboxAtLimit } from '../inbox-at-limit.ts';
import { append, inboxName, type Match, matchOf, type Posts, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import type { Say } from '../rounds.ts';
import { rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';

const INBOXES = 1_000;
const ITEMS_EACH = 100;
const SUBSCRIBERS = [1, 10, 100, 1_000];

interface Cost {
  subscribers: number;
  /** Bytes of Redis an item. */
  bytes: number;
  /** Of an entry as Skywire sent it. */
  rawBytes: number;
  /** Of the shared bodies, an item. */
  bodyBytes: number;
}

export async function memory(world: World, { file }: Options, say: Say): Promise<Result> {
  const costs: Cost[] = [];
  for (const subscribers of SUBSCRIBERS) {
    costs.push(await costOf(world, postsFrom(file), subscribers));
    say(`${subscribers} subscribers: ${Math.round(costs.at(-1)!.bytes)} bytes an item`);
  }
  await world.clear();
  const atLimit = await measureInboxAtLimit(world.redis, postsFrom(file));
  say(`at its limit: ${rounded(atLimit.fullBytes / atLimit.freshBytes)} times a fresh inbox`);
  const rows = costs.map(({ subscribers, bytes, rawBytes, bodyBytes }) => [
    subscribers,
    Math.round(bytes),
    Math.round(bytes - bodyBytes),
    Math.round(bodyBytes),
    Math.round(rawBytes),
    rounded(bytes / rawBytes),
  ]);
  return {
    suite: 'memory',
    about: `Bytes of Redis' used_memory for ${INBOXES * ITEMS_EACH} items, ${ITEMS_EACH} in each of ${INBOXES} inboxes, delivered by the product; stream and queues removed before it is read. Everything that belongs to an inbox is in it.`,
    tables: [
      {
        title: 'Bytes an item',
        columns: [
          'subscribers a post',
          'all',
          'without shared bodies',
          'shared bodies',
          'raw JSON',
          'all ÷ raw',
        ],
        rows,
      },
      {
        title: 'An inbox at its limit, every match a new post',
        columns: ['items', 'matches so far', 'all keys, MB', 'bytes a removed post'],
        rows: [
          [atLimit.items, atLimit.items, rounded(atLimit.freshBytes / 1e6), ''],
          [
            atLimit.items,
            atLimit.matches,
            rounded(atLimit.fullBytes / 1e6),
            rounded(atLimit.bytesARemovedPost),
          ],
        ],
      },
    ],
    charts: [
      {
        name: 'memory',
        svg: barChart({
          title: 'Bytes of Redis an item, by subscribers of a post',
          bars: costs.map(({ subscribers, bytes }) => ({
            label: `${subscribers} subscribers`,
            median: bytes,
            least: bytes,
            most: bytes,
            ours: true,
          })),
        }),
      },
    ],
    rounds: [{ costs, atLimit }],
  };
}

async function costOf(world: World, posts: Posts, subscribers: number): Promise<Cost> {
  const { redis } = world;
  const inboxes = Array.from({ length: INBOXES }, (_, n) => inboxName(n));
  const topics = INBOXES / subscribers;
  await world.clear();
  const directory = createDirectory(redis);
  await Promise.all(inboxes.map((inbox, n) => directory.register(`topic-${n % topics}`, inbox)));
  const matches: Match[] = [];
  for await (const post of posts) {
    if (matches.length >= topics * ITEMS_EACH) break;
    matches.push(matchOf(post, `topic-${matches.length % topics}`, matches.length));
  }
  const before = await usedMemory(world);
  await append(redis, matches);
  const processes = startAll(world, product('product', { ROUTING: 'directory' }));
  try {
    // Some of the posts may be the same for an inbox: real ones repeat themselves now and then.
    await whenArrived(world, inboxes, INBOXES * ITEMS_EACH * 0.98, processes);
  } finally {
    await Promise.all(processes.map((one) => one.end()));
  }
  const { items } = await whenArrived(world, inboxes, INBOXES * ITEMS_EACH * 0.98, []);
  await removeAllBut(world, /^(inbox|post|subscription):/);
  const bytes = ((await usedMemory(world)) - before) / items;
  const rawBytes = matches.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0) / matches.length;
  return { subscribers, bytes, rawBytes, bodyBytes: (await sizeOf(world, 'post:*')) / items };
}

async function usedMemory({ redis }: World): Promise<number> {
  return Number(parseInfo(await redis.info('memory'))['used_memory']);
}

async function removeAllBut({ redis }: World, kept: RegExp): Promise<void> {
  for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    const going = keys.filter((key) => !kept.test(key));
    if (going.length) await redis.del(...going);
  }
}

async function sizeOf({ redis }: World, match: string): Promise<number> {
  let bytes = 0;
  for await (const keys of redis.scanStream({ match, count: 1_000 }) as AsyncIterable<string[]>) {
    const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
    bytes += sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }
  return bytes;
}
