/** A master, a replica and three Sentinels on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

export interface SentinelSetup {
  /** redis+sentinel://… */
  url: string;
  /** The master at first, and its replica. */
  master: TestRedis;
  replica: TestRedis;
  /** A client that follows the master. */
  client(): Redis;
  /** Port of whoever the Sentinels call master now. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

const NAME = 'inbox';
const DOWN_AFTER_MS = 1_000;

export async function startSentinels(): Promise<SentinelSetup> {
  const master = await startRedis();
  const replica = await startRedis(
    '--replicaof',
    '127.0.0.1',
    String(master.port),
    '--repl-diskless-sync-delay',
    '0',
  );
  const dir = await mkdtemp(join(tmpdir(), 'skywire-inbox-sentinel-'));
  const sentinels: { port: number; child: ChildProcess }[] = [];
  const clients: Redis[] = [];
  for (let n = 0; n < 3; n += 1) {
    const port = await freePort();
    const file = join(dir, `${n}.conf`);
    const config = `port ${port}
bind 127.0.0.1
dir ${dir}
sentinel monitor ${NAME} 127.0.0.1 ${master.port} 2
sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}
sentinel failover-timeout ${NAME} 5000
`;
    await writeFile(file, config);
    sentinels.push({ port, child: spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }) });
  }
  const asking = new Redis({
    port: sentinels[0]!.port,
    retryStrategy: () => 100,
    maxRetriesPerRequest: null,
  });
  asking.on('error', () => undefined);
  clients.push(asking);
  const field = (flat: string[], name: string) => flat[flat.indexOf(name) + 1];
  await vi.waitFor(
    async () => {
      const about = (await asking.call('SENTINEL', 'MASTER', NAME)) as string[];
      if (field(about, 'num-other-sentinels') !== '2' || field(about, 'num-slaves') !== '1')
        throw new Error(`the Sentinels do not know each other yet: ${about.join(' ')}`);
      const replication = await replica.client().info('replication');
      if (!replication.includes('master_link_status:up')) throw new Error('the replica is not in step yet');
    },
    { timeout: 30_000, interval: 100 },
  );
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    master,
    replica,
    client() {
      const client = new Redis({
        sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
        name: NAME,
        failoverDetector: true,
        maxRetriesPerRequest: null,
      });
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async masterPort() {
      const [, port] = (await asking.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as [string, string];
      return Number(port);
    },
    async stop() {
      for (const client of clients) client.disconnect();
      await Promise.all(sentinels.map(({ child }) => end(child)));
      await Promise.all([master.stop(), replica.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
