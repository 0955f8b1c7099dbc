/** A Redis Cluster of three masters on loopback. */
import { Cluster } from 'ioredis';
import { vi } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

export interface ClusterSetup {
  /** redis://a,b,c */
  url: string;
  nodes: TestRedis[];
  client(): Cluster;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

export async function startCluster(): Promise<ClusterSetup> {
  const nodes: { redis: TestRedis; busPort: number }[] = [];
  const clients: Cluster[] = [];
  for (let n = 0; n < 3; n += 1) {
    const busPort = await freePort();
    nodes.push({
      redis: await startRedis('--cluster-enabled', 'yes', '--cluster-port', String(busPort)),
      busPort,
    });
  }
  const step = Math.ceil(SLOTS / nodes.length);
  for (const [n, { redis }] of nodes.entries()) {
    const client = redis.client();
    await client.call('CLUSTER', 'ADDSLOTSRANGE', n * step, Math.min((n + 1) * step, SLOTS) - 1);
    for (const other of nodes) {
      if (other.redis !== redis)
        await client.call('CLUSTER', 'MEET', '127.0.0.1', other.redis.port, other.busPort);
    }
  }
  await vi.waitFor(
    async () => {
      for (const { redis } of nodes) {
        const info = String(await redis.client().call('CLUSTER', 'INFO'));
        if (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(info)) throw new Error(info);
      }
    },
    { timeout: 30_000, interval: 200 },
  );
  return {
    url: nodes.map(({ redis }) => redis.url).join(','),
    nodes: nodes.map(({ redis }) => redis),
    client() {
      const client = new Cluster(nodes.map(({ redis }) => ({ host: '127.0.0.1', port: redis.port })));
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) client.disconnect();
      await Promise.all(nodes.map(({ redis }) => redis.stop()));
    },
  };
}
