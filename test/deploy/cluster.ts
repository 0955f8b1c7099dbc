/** A Redis Cluster of three masters on loopback. */
import { readFileSync } from 'node:fs';
import { Cluster, type RedisOptions } from 'ioredis';
import { vi } from 'vitest';
import type { Pair } from '../fixtures/certificates.ts';
import { freePort } from '../fixtures/free-port.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

export interface ClusterSetup {
  /** redis://a,b,c; over TLS the ports alone are right. */
  url: string;
  ports: number[];
  nodes: TestRedis[];
  client(): Cluster;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** `tls`: the nodes speak TLS only, to clients and among themselves, and answer with their addresses. */
export async function startCluster({ tls }: { tls?: Pair & { ca: string } } = {}): Promise<ClusterSetup> {
  const nodes: { redis: TestRedis; port: number; busPort: number }[] = [];
  const clients: Cluster[] = [];
  for (let n = 0; n < 3; n += 1) {
    const busPort = await freePort();
    const tlsPort = tls && (await freePort());
    const encrypted = tls
      ? `--port 0 --tls-port ${tlsPort} --tls-cluster yes --tls-auth-clients no --tls-cert-file ${tls.cert} --tls-key-file ${tls.key} --tls-ca-cert-file ${tls.ca}`
      : '';
    const args = `--cluster-enabled yes --cluster-port ${busPort} ${encrypted}`;
    const redis = await startRedis(...args.trim().split(' '));
    nodes.push({ redis, port: tlsPort ?? redis.port, busPort });
  }
  const optionsOf = (port: number): RedisOptions => ({
    port,
    ...(tls && { tls: { ca: readFileSync(tls.ca), servername: 'localhost' } }),
  });
  const step = Math.ceil(SLOTS / nodes.length);
  for (const [n, { redis, port }] of nodes.entries()) {
    const client = redis.client(optionsOf(port));
    await client.call('CLUSTER', 'ADDSLOTSRANGE', n * step, Math.min((n + 1) * step, SLOTS) - 1);
    for (const other of nodes) {
      if (other.redis !== redis) await client.call('CLUSTER', 'MEET', '127.0.0.1', other.port, other.busPort);
    }
  }
  await vi.waitFor(
    async () => {
      for (const { redis, port } of nodes) {
        const info = String(await redis.client(optionsOf(port)).call('CLUSTER', 'INFO'));
        if (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(info)) throw new Error(info);
      }
    },
    { timeout: 30_000, interval: 200 },
  );
  return {
    url: nodes.map(({ redis }) => redis.url).join(','),
    ports: nodes.map(({ port }) => port),
    nodes: nodes.map(({ redis }) => redis),
    client() {
      const client = new Cluster(
        nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
        { redisOptions: tls ? optionsOf(0) : {} },
      );
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
