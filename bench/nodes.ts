/** Redis servers on loopback (TCP, AOF everysec): one by itself, or several as the masters of a Cluster, without replicas. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { parseInfo } from '../src/redis/server-check.ts';
import { forgetAll, until, type World, writeAll } from './world.ts';

const SLOTS = 16_384;
const FIRST_PORT = 31_930;

interface Node {
  server: ChildProcess;
  port: number;
  client: Redis;
}

export async function openNodes(count: number): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-bench-'));
  const isCluster = count > 1;
  const nodes: Node[] = [];
  const clients: (Redis | Cluster)[] = [];
  const stop = async () => {
    for (const client of [...clients, ...nodes.map((node) => node.client)]) client.disconnect();
    await Promise.all(nodes.map(({ server }) => end(server)));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let at = 0; at < count; at += 1)
      nodes.push(await start(folder, FIRST_PORT + count * 3 + at, isCluster));
    if (isCluster) await formCluster(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const ports = nodes.map(({ port }) => port);
  const connect = (): Redis => {
    const client = isCluster
      ? new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
      : new Redis(ports[0]!, { maxRetriesPerRequest: null });
    clients.push(client);
    // A Cluster takes the same commands; what it does not have, the benchmarks do not use.
    return client as Redis;
  };
  const redis = connect();
  const each = (work: (client: Redis) => Promise<unknown>) =>
    Promise.all(nodes.map(({ client }) => work(client))).then(() => undefined);
  return {
    redis,
    redisPids: nodes.map(({ server }) => server.pid!),
    redisVersion: String(parseInfo(await nodes[0]!.client.info('server'))['redis_version']),
    url: ports.map((port) => `redis://127.0.0.1:${port}`).join(','),
    connect,
    clear: () => each(forgetAll),
    flush: () => each(writeAll),
    stop,
  };
}

async function start(folder: string, port: number, isCluster: boolean): Promise<Node> {
  const settings = `--port ${port} --bind 127.0.0.1 --appendonly yes --appendfsync everysec --auto-aof-rewrite-percentage 0`;
  const cluster = isCluster ? `--cluster-enabled yes --cluster-config-file nodes-${port}.conf` : '';
  const args = [
    ...`${settings} ${cluster}`.trim().split(' '),
    '--save',
    '',
    '--appenddirname',
    `aof-${port}`,
  ];
  const server = spawn('redis-server', [...args, '--dir', folder], { stdio: 'ignore' });
  await once(server, 'spawn');
  const client = new Redis(port, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  return { server, port, client };
}

async function formCluster(nodes: readonly Node[]): Promise<void> {
  for (const [at, { client }] of nodes.entries()) {
    const [from, to] = [at, at + 1].map((part) => Math.floor((part * SLOTS) / nodes.length)) as [
      number,
      number,
    ];
    await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
    await nodes[0]!.client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[at]!.port);
  }
  await until(async () => {
    const infos = await Promise.all(nodes.map(({ client }) => client.call('CLUSTER', 'INFO')));
    return infos.every(
      (info) =>
        String(info).includes('cluster_state:ok') &&
        String(info).includes(`cluster_known_nodes:${nodes.length}`),
    );
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}
