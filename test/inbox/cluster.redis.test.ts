/** A batch goes to a Cluster as one pipeline a node; whatever a node refuses finds its way by itself. */
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery } from '../../processors/index.ts';
import { parseMatch } from '../../queues/index.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { encodeName, inboxKeys } from '../../src/redis/keys.ts';
import { type ClusterSite, startClusterSite } from '../fixtures/cluster.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';

let site: ClusterSite;
let client: Cluster;
beforeAll(async () => {
  site = await startClusterSite('--appendonly', 'no');
  client = site.connect({}) as unknown as Cluster;
}, 120_000);
afterAll(async () => {
  client?.disconnect();
  await site?.stop();
});

const INBOXES = Array.from({ length: 60 }, (_, n) => `reader ${n}`);

function batch(n: number): Delivery[] {
  const parsed = parseMatch(wire(makeMatch('cats', n)));
  if (!('match' in parsed)) throw new Error(parsed.malformed);
  return INBOXES.map((subscriber) => ({ subscriber, match: parsed.match, receivedMs: 1 }));
}
async function write(n: number): Promise<Set<unknown>> {
  const deliveries = batch(n);
  const limits = { maxItems: 0, maxAgeMs: 0, seenWindowMs: 86_400_000 };
  await createInboxWriter(client, limits).write(deliveries);
  return new Set(deliveries.map(({ result }) => result));
}
/** Calls of scripts that each node ran. */
const scriptCalls = () =>
  Promise.all(
    client.nodes('master').map(async (node) => {
      const stats = await node.info('commandstats');
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    }),
  );

test('each post arrives once in every inbox, on every node, and is a duplicate when it comes again', async () => {
  expect(await write(1)).toEqual(new Set(['delivered']));
  expect(await write(1)).toEqual(new Set(['duplicate']));
  for (const calls of await scriptCalls()) expect(calls).toBeGreaterThan(5);
});

test('nothing is lost or doubled where the client has the slots wrong, or a node has lost the script', async () => {
  await write(2);
  const { slots } = client;
  const rotated = slots.map((_, slot) => slots[(slot + 5_500) % slots.length]!);
  slots.splice(0, slots.length, ...rotated);
  expect(await write(3)).toEqual(new Set(['delivered']));
  await Promise.all(client.nodes('master').map((node) => node.script('FLUSH')));
  expect(await write(4)).toEqual(new Set(['delivered']));
  const lengths = INBOXES.map((name) => client.xlen(inboxKeys(encodeName(name)!).items));
  expect(new Set(await Promise.all(lengths))).toEqual(new Set([4]));
});
