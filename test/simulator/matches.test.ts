import { expect, test } from 'vitest';
import { type Match, parseMatch } from '../../queues/index.ts';
import { partitionOf } from '../../src/simulator/append.ts';
import { madeUpPosts } from '../../src/simulator/made-up-posts.ts';
import { matchesOf, subscriptionId, type WireMatch } from '../../src/simulator/matches.ts';

const COUNT = 8_000;
const options = { subscriptions: 1_000, seed: 1, emptyRkey: false };

async function take(count: number, given: Partial<typeof options> = {}): Promise<WireMatch[]> {
  const taken: WireMatch[] = [];
  for await (const match of matchesOf(madeUpPosts(1), { ...options, ...given })) {
    taken.push(match);
    if (taken.length === count) break;
  }
  return taken;
}

function parse({ json }: WireMatch): Match {
  const parsed = parseMatch(json);
  if ('malformed' in parsed) throw new Error(`${parsed.malformed}: ${json}`);
  return parsed.match;
}

const distinct = (matches: Match[]): number =>
  new Set(matches.map(({ subscriptionId, identity }) => `${subscriptionId} ${identity}`)).size;

test('the text is the wire format, members in its order, for its subscription', async () => {
  for (const match of await take(500)) {
    const value = JSON.parse(match.json);
    expect(Object.keys(value)).toEqual(['subscription_id', 'match_score', 'post']);
    expect(Object.keys(value.post)).toEqual(['uri', 'text', 'author', 'indexed_at', 'raw_record']);
    expect(JSON.stringify(value)).toBe(match.json);
    expect(value.subscription_id).toBe(match.subscriptionId);
  }
});

test('the same seed sends the same matches', async () => {
  expect(await take(500)).toEqual(await take(500));
});

test('every match is understood and different from all others, with record keys and without', async () => {
  const [whole, cut] = [await take(3_000), await take(3_000, { emptyRkey: true })];
  expect(distinct(whole.map(parse))).toBe(3_000);
  expect(distinct(cut.map(parse))).toBe(3_000);
  expect(JSON.parse(cut[0]!.json).post.uri).toMatch(/^at:\/\/did:plc:[a-z2-7]{24}\/app\.bsky\.feed\.post\/$/);
});

test('subscriptions look like UUIDs; few get much, and none above their number gets any', async () => {
  const known = new Set(Array.from({ length: 1_000 }, (_, index) => subscriptionId(1, index)));
  const counts = new Map<string, number>();
  for (const { subscriptionId: id } of await take(COUNT)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const id of known) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/);
  expect([...counts.keys()].filter((id) => !known.has(id))).toEqual([]);
  expect(counts.size).toBeGreaterThan(800);
  expect(Math.max(...counts.values())).toBeGreaterThan(COUNT / 100);
});

test('one subscription gets each post once', async () => {
  const matches = (await take(1_000, { subscriptions: 1 })).map(parse);
  expect(new Set(matches.map(({ identity }) => identity)).size).toBe(1_000);
});

test('scores have two decimals, mostly up to 1, some above, some null', async () => {
  const scores = (await take(5_000)).map((match) => parse(match).scoreJson);
  for (const score of scores) expect(score).toMatch(/^(null|\d+(\.\d\d?)?)$/);
  const missing = scores.filter((score) => score === 'null').length;
  const above = scores.filter((score) => Number(score) > 1).length;
  expect(missing).toBeGreaterThan(50);
  expect(above).toBeGreaterThan(20);
  expect(missing + above).toBeLessThan(1_000);
});

test('a subscription always goes to the same partition, and every partition gets its share', () => {
  const streams = ['a', 'b', 'c'];
  const chosen = Array.from({ length: 900 }, (_, index) => partitionOf(subscriptionId(1, index), streams));
  for (const stream of streams) expect(chosen.filter((key) => key === stream).length).toBeGreaterThan(240);
  expect(partitionOf(subscriptionId(1, 0), streams)).toBe(chosen[0]);
});
