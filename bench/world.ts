/** One Redis for a whole run: the product's own server (AOF everysec, a socket), in a folder that goes when the run ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { useOwnServer } from '../src/own-server/own-server.ts';
import { parseInfo } from '../src/redis/server-check.ts';

export interface World {
  redis: Redis;
  /** One, or one a master of a Cluster. */
  redisPids: readonly number[];
  redisVersion: string;
  /** For REDIS_URL of the processes that are measured. */
  url: string;
  connect(): Redis;
  /** An empty Redis with an empty append-only file. */
  clear(): Promise<void>;
  /** Everything that was written is on the disk: what a big backlog left to write is no cost of working it off. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), 'skywire-inbox-bench-'));
  const server = await useOwnServer({ dataDir, mayInstall: false, say: () => undefined });
  if (server.address.kind !== 'socket') throw new Error('the own server has a socket');
  const { path } = server.address;
  const clients: Redis[] = [];
  const connect = () => {
    const client = new Redis({ path, maxRetriesPerRequest: null });
    clients.push(client);
    return client;
  };
  const redis = connect();
  const info = parseInfo(await redis.info('server'));
  // A rewrite in the middle of a round would make that round another one's equal no more.
  await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
  return {
    redis,
    redisPids: [Number(info['process_id'])],
    redisVersion: String(info['redis_version']),
    url: `unix://${encodeURI(path)}`,
    connect,
    clear: () => forgetAll(redis),
    flush: () => writeAll(redis),
    async stop() {
      for (const client of clients) client.disconnect();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** An empty server with an empty append-only file. */
export async function forgetAll(redis: Redis): Promise<void> {
  await redis.flushall('SYNC');
  await redis.bgrewriteaof();
  await until(async () => {
    const state = parseInfo(await redis.info('persistence'));
    return state['aof_rewrite_in_progress'] === '0' && state['aof_rewrite_scheduled'] === '0';
  });
}

/** Everything that was written is on the disk. */
export async function writeAll(redis: Redis): Promise<void> {
  await redis.config('SET', 'appendfsync', 'always');
  // A node of a Cluster takes the keys of its own slots only.
  for (let n = 0, isWritten = false; !isWritten; n += 1)
    isWritten = await redis.set(`flush:${n}`, '', 'PX', 1).then(
      () => true,
      () => n > 1_000,
    );
  await redis.config('SET', 'appendfsync', 'everysec');
}

export async function until(isSo: () => Promise<boolean>, everyMs = 20, withinMs = 120_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs / 1_000} s`);
    await pause(everyMs);
  }
}
