/** The whole product behind Sentinel, through a failover, and on a Cluster. */
import type { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { openQueues } from '../../src/lanes/queues.ts';
import { createBackpressure } from '../../src/pump/backpressure.ts';
import { streamIdOf } from '../../src/web/greader/ids.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';
import { type ClusterSetup, startCluster } from './cluster.ts';
import { type SentinelSetup, startSentinels } from './sentinel.ts';

const STREAM = 'skywire:matches';

let sentinels: SentinelSetup | undefined;
let cluster: ClusterSetup | undefined;
afterEach(async () => {
  await endRoles();
  await sentinels?.stop();
  await cluster?.stop();
  sentinels = undefined;
  cluster = undefined;
});

/** What a feed-reader app gets listed, as ids of the inbox's stream, oldest first; the token is made once. */
async function openGreader(url: string, inbox: string): Promise<() => Promise<(string | undefined)[]>> {
  const headers = { 'content-type': 'application/json' };
  const made = await fetch(`${url}/api/inboxes/${inbox}/feed-tokens`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  const { token } = (await made.json()) as { token: string };
  return async () => {
    const answer = await fetch(`${url}/greader/reader/api/0/stream/items/ids?n=10000&r=o`, {
      headers: { authorization: `GoogleLogin auth=${token}` },
    });
    const { itemRefs } = (await answer.json()) as { itemRefs: { id: string }[] };
    return itemRefs.map(({ id }) => streamIdOf(id));
  };
}

const idsIn = async (client: { xrange: Redis['xrange'] }, inbox: string): Promise<string[]> =>
  (await client.xrange(`inbox:{${inbox}}`, '-', '+')).map(([id]) => id);

test('Sentinel: the master is killed, and the product goes on with the new one; what a replica had confirmed is all there', async () => {
  sentinels = await startSentinels();
  const { client, master, replica, url, masterPort } = sentinels;
  const skywire = client();
  const append = async (from: number, count: number) => {
    for (let n = from; n < from + count; n += 1)
      await skywire.xadd(STREAM, '*', 'data', wire(makeMatch('cats', n)));
  };
  const product = await (await startRole('start', { REDIS_URL: url, LOG_LEVEL: 'warn' })).ready();
  await append(0, 100);
  await vi.waitFor(async () => expect(await skywire.xlen('inbox:{cats}')).toBe(100), 20_000);
  // Before the master dies, so that web knows ids of its history.
  const listed = await openGreader(product.url, 'cats');
  expect(await listed()).toEqual(await idsIn(skywire, 'cats'));
  expect(await skywire.wait(1, 10_000)).toBe(1);

  await master.kill9();
  await vi.waitFor(async () => expect(await masterPort()).toBe(replica.port), {
    timeout: 20_000,
    interval: 100,
  });
  await append(100, 100);
  await vi.waitFor(async () => expect(await skywire.xlen('inbox:{cats}')).toBe(200), {
    timeout: 30_000,
    interval: 200,
  });
  await vi.waitFor(async () => expect((await fetch(`${product.url}/readyz`)).status).toBe(200), 20_000);
  expect(await listed()).toEqual(await idsIn(skywire, 'cats'));
  product.signal('SIGTERM');
  expect(await product.ended).toBe(0);
});

test('Cluster: stream, queues and inboxes lie on several nodes, every match arrives, audit and metrics agree', async () => {
  cluster = await startCluster();
  const client = cluster.client();
  const env = { REDIS_URL: cluster.url, LOG_LEVEL: 'warn' };
  const product = await (await startRole('start', env)).ready();
  for (let n = 0; n < 300; n += 1)
    await client.xadd(STREAM, '*', 'data', wire(makeMatch(`subscription-${n % 30}`, n)));
  await client.xadd(STREAM, '*', 'data', 'no JSON');
  await vi.waitFor(
    async () => {
      for (let n = 0; n < 30; n += 1) expect(await client.xlen(`inbox:{subscription-${n}}`)).toBe(10);
    },
    { timeout: 30_000, interval: 200 },
  );
  const sizes = await Promise.all(cluster.nodes.map((node) => node.client().dbsize()));
  for (const size of sizes) expect(size).toBeGreaterThan(5);
  const response = await fetch(`${product.url}/api/inboxes/subscription-7/items`);
  expect(((await response.json()) as { items: unknown[] }).items).toHaveLength(10);
  const listed = await (await openGreader(product.url, 'subscription-7'))();
  expect(listed).toEqual(await idsIn(client, 'subscription-7'));
  await vi.waitFor(async () => {
    const seen = await scrape(product.url);
    expect(seen.get(`stream_unread{stream="${STREAM}"}`)).toBe(0);
    expect(seen.get('parked_matches{reason="malformed"}')).toBe(1);
    expect(seen.get('redis_durable{server="home"}')).toBe(1);
  }, 25_000);
  const audit = await runCommand('audit', env);
  expect(audit.output).toContain('300 in inbox');
  expect(audit.code).toBe(0);
  expect((await runCommand('doctor', env)).output).toMatch(/Redis [\d.]+ responds/);

  // One node is nearly full: the pump waits, whichever node that is.
  const queues = openQueues(client, 1);
  for (const node of cluster.nodes) {
    const operator = node.client();
    const used = Number(/used_memory:(\d+)/.exec(await operator.info('memory'))![1]);
    await operator.config('SET', 'maxmemory', Math.round(used * 1.1));
    expect(await createBackpressure(queues.lanes[0]!, client, 100).why()).toMatchObject({
      by: 'memory',
      what: expect.stringContaining('% full'),
    });
    await operator.config('SET', 'maxmemory', 0);
    expect(await createBackpressure(queues.lanes[0]!, client, 100).why()).toBeUndefined();
  }
  await queues.close();
  product.signal('SIGTERM');
  expect(await product.ended).toBe(0);
});

test('Cluster: nothing starts if a node may evict keys, whichever node that is, and doctor names it', async () => {
  cluster = await startCluster();
  const env = { REDIS_URL: cluster.url };
  for (const node of cluster.nodes) {
    const operator = node.client();
    await operator.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { code, output } = await runCommand('worker', env);
    expect(output).toContain(`Redis 127.0.0.1:${node.port} may evict keys`);
    expect(code).toBe(1);
    await operator.config('SET', 'maxmemory-policy', 'noeviction');
  }
  const last = cluster.nodes.at(-1)!;
  await last.client().config('SET', 'maxmemory-policy', 'allkeys-lru');
  const { output } = await runCommand('doctor', { ...env, ALLOW_EVICTION: '1' });
  expect(output).toMatch(new RegExp(`dangerous 127.0.0.1:${last.port}: keys may be evicted`));
  expect(output).toContain(`redis-cli -h 127.0.0.1 -p ${last.port} CONFIG SET maxmemory-policy noeviction`);
});
