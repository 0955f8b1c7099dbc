import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { inboxKeys, postKey } from '../../src/redis/keys.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
});
afterAll(() => redis.stop());

const DAY_MS = 86_400_000;
const bounds = { maxItems: 100, maxAgeMs: DAY_MS, seenWindowMs: DAY_MS };
const writer = (changed: Partial<typeof bounds> = {}) => createInboxWriter(client, { ...bounds, ...changed });

function matchOf(n: number, subscription = 'cats') {
  const parsed = parseMatch(wire(makeMatch(subscription, n)));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return parsed.match;
}
const to = (subscribers: readonly string[], n: number) =>
  subscribers.map((subscriber) => ({ subscriber, match: matchOf(n) }));
const bodyOf = async (subscriber: string) =>
  (await client.xrange(inboxKeys(subscriber).items, '-', '+'))[0]![1][1];

test('a post of several inboxes has its body once, for longer than its items live', async () => {
  await writer().write([...to(['a', 'b', 'c'], 1), ...to(['a', 'b'], 2)]);
  const { identity, postJson } = matchOf(1);
  expect(await client.get(postKey(identity))).toBe(postJson);
  expect(await client.pttl(postKey(identity))).toBeGreaterThan(DAY_MS);
  expect(await Promise.all(['a', 'b', 'c'].map(bodyOf))).toEqual(['', '', '']);
  expect(await client.exists(postKey(matchOf(2).identity))).toBe(0);
});

test('the first text of a body stays, whatever is sent later under the same uri', async () => {
  await writer().write(to(['d', 'e', 'f'], 3));
  const resent = { ...matchOf(3), postJson: '{"resent":true}' };
  await writer().write(['g', 'h', 'i'].map((subscriber) => ({ subscriber, match: resent })));
  expect(await client.get(postKey(resent.identity))).toBe(matchOf(3).postJson);
});

test('items that stay for ever keep their bodies themselves: nobody would remove a shared one', async () => {
  await writer({ maxAgeMs: 0 }).write(to(['j', 'k', 'l'], 4));
  expect(await bodyOf('j')).toBe(matchOf(4).postJson);
  expect(await client.exists(postKey(matchOf(4).identity))).toBe(0);
});
