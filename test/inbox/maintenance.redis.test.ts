/** Inboxes to which nothing is delivered any more: their items age by the setting of today, and each item keeps its post. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { createInboxList } from '../../src/inbox/inbox-list.ts';
import { createFill } from '../../src/inbox/maintenance/fill.ts';
import { startMaintenance } from '../../src/inbox/maintenance/maintenance.ts';
import { createSweep } from '../../src/inbox/maintenance/sweep.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { inboxKeys, maintenanceKeys, postKey } from '../../src/redis/keys.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  client = redis.client();
});
beforeEach(async () => {
  await client.flushall();
  troubles = [];
});
afterAll(() => redis.stop());

const DAY_MS = 86_400_000;
const ago = (days: number): number => Date.now() - days * DAY_MS;
let troubles: string[] = [];
const onTrouble = (where: string, error: Error) => void troubles.push(`${where}: ${error.message}`);

/** One whole round with this many days as INBOX_MAX_AGE_DAYS. */
async function maintainOnce(days: number): Promise<void> {
  await client.del(maintenanceKeys.state, maintenanceKeys.lease);
  const list = createInboxList(client);
  const limits = { maxItems: 0, maxAgeMs: days * DAY_MS, seenWindowMs: 2 * DAY_MS };
  const maintenance = startMaintenance({
    client,
    fill: createFill(client, list, onTrouble),
    sweep: createSweep(client, list, limits, onTrouble),
    onTrouble,
    times: { share: 1 },
  });
  const place = () => client.hget(maintenanceKeys.state, 'place');
  await eventually(async () => expect(await place()).toContain('"rest"'), { withinMs: 30_000 });
  await maintenance.stop();
}

function matchOf(n: number) {
  const parsed = parseMatch(wire(makeMatch('cats', n)));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return parsed.match;
}

/** An unread item as it was delivered so many days ago; its shared post expires in `bodyDays`, undefined: it has its post itself. */
async function put(inbox: string, n: number, days: number, bodyDays?: number): Promise<string> {
  const { items, seen, state } = inboxKeys(inbox);
  const { identity, postJson } = matchOf(n);
  const post = bodyDays === undefined ? postJson : '';
  const id = `${ago(days)}-0`;
  const match = '{"subscription_id":"cats","match_score":1}';
  await client.xadd(items, id, 'post', post, 'matched_by', match, 'identity', identity);
  await client.hset(seen, identity, id);
  await client.hincrby(state, 'unread', 1);
  await client.hset(state, 'next_sweep', 0);
  if (bodyDays !== undefined) await client.set(postKey(identity), postJson, 'PX', bodyDays * DAY_MS);
  return id;
}
const summary = (inbox: string) => createInboxReader(client).summary(inbox);
const daysLeft = async (n: number) => (await client.pttl(postKey(matchOf(n).identity))) / DAY_MS;

test('an inbox that nobody writes to loses what is too old, of an older build too, and shows it as a gap', async () => {
  await put('quiet', 1, 95);
  const second = await put('quiet', 2, 91);
  const third = await put('quiet', 3, 89);
  await client.hdel(inboxKeys('quiet').state, 'next_sweep');
  await maintainOnce(90);
  expect(await summary('quiet')).toMatchObject({
    total: 1,
    unread: 1,
    oldest: third,
    gap: { unread: 2, until: second },
  });
  expect(Number(await client.hget(inboxKeys('quiet').state, 'next_sweep'))).toBeGreaterThan(Date.now());
});

test('an inbox is not looked at before it is due', async () => {
  await put('quiet', 1, 95);
  await client.hset(inboxKeys('quiet').state, 'next_sweep', ago(-1));
  await maintainOnce(90);
  expect(await summary('quiet')).toMatchObject({ total: 1 });
});

test('a raised INBOX_MAX_AGE_DAYS lets no post vanish before its item', async () => {
  await put('quiet', 1, 80, 40);
  await put('quiet', 2, 5, 115);
  await maintainOnce(365);
  // 365 days, and 30 more, from its delivery.
  expect(await daysLeft(1)).toBeCloseTo(315, 1);
  // Too young to be looked at.
  expect(await daysLeft(2)).toBeCloseTo(115, 1);
  await client.hset(inboxKeys('quiet').state, 'next_renewal', 0);
  await maintainOnce(0);
  expect(await daysLeft(1)).toBeCloseTo(365, 1);
});

test('a starred item keeps its post though it outlives its age; a life is never shortened', async () => {
  const id = await put('quiet', 1, 100, 20);
  await put('quiet', 2, 80, 300);
  await client.zadd(inboxKeys('quiet').starred, Number.parseInt(id, 10), id);
  await maintainOnce(90);
  expect(await summary('quiet')).toMatchObject({ total: 2 });
  expect(await daysLeft(1)).toBeCloseTo(365, 1);
  expect(await daysLeft(2)).toBeCloseTo(300, 1);
});

test('in a large inbox every item keeps its post, and that is done once in ten days', async () => {
  for (let n = 0; n < 450; n += 1) await put('large', n, 60 - n / 100, n % 3 ? 31 : undefined);
  await maintainOnce(200);
  for (const n of [1, 2, 224, 448, 449]) expect(await daysLeft(n)).toBeCloseTo(170 + n / 100, 1);
  const due = Number(await client.hget(inboxKeys('large').state, 'next_renewal'));
  expect((due - Date.now()) / DAY_MS).toBeCloseTo(10, 1);
  expect(troubles).toEqual([]);
});

test('items whose posts are gone are reported, and no state is made for an inbox without items', async () => {
  await put('blank', 1, 20, 1);
  await client.del(postKey(matchOf(1).identity));
  await client.hset(inboxKeys('tokens-only').feedTokens, 'id', '{}');
  await maintainOnce(90);
  expect(troubles).toEqual(['inbox blank: the posts of 1 items have expired']);
  expect(await client.exists(inboxKeys('tokens-only').state)).toBe(0);
});

test('one broken inbox keeps no other from being looked after', async () => {
  await put('a', 1, 95);
  await client.set(inboxKeys('b').items, 'x');
  await client.set(inboxKeys('c').state, 'x');
  await client.set(inboxKeys('d').starred, 'x');
  await put('d', 2, 95, 20);
  await put('e', 3, 95);
  await maintainOnce(90);
  expect(await summary('a')).toMatchObject({ total: 0 });
  expect(await summary('e')).toMatchObject({ total: 0 });
  expect(troubles.filter((text) => !text.includes('WRONGTYPE'))).toEqual([]);
});
