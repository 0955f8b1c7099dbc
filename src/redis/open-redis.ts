/** The Redis servers of a process: the one for queues and inboxes (embedded unless REDIS_URL is set), and Skywire's if it is another. */
import type { Config, RedisSettings } from '../config/config.ts';
import { useOwnServer } from '../own-server/own-server.ts';
import {
  closeClient,
  connectFirst,
  createClient,
  type Purpose,
  type RedisClient,
  type RedisTarget,
} from './connections.ts';
import { orStopped } from './deadline.ts';
import { checkServer } from './server-check.ts';

export interface OpenRedis {
  /** Queues and inboxes. */
  home: RedisTarget;
  skywire: RedisTarget;
  connect(target: RedisTarget, purpose: Purpose, name: string): RedisClient;
  /** Idempotent, bounded. Closes every connection, then releases the embedded server, which ends with its last user. */
  stop(): Promise<void>;
}

export interface OpenRedisOptions {
  config: Pick<Config, 'redis' | 'skywireRedis' | 'ownServer' | 'allowEviction'>;
  /** false: Skywire's server is not checked, and may be unavailable: workers do not need it, and web reads only gauges from it. */
  needsSkywire?: boolean | undefined;
  /** Ends the wait for a server: rejects with Stopped. */
  signal?: AbortSignal | undefined;
  say: (line: string) => void;
  warn: (line: string) => void;
  onTrouble: (where: string, error: Error) => void;
}

/** Throws RedisUnreachable, RedisUnfit, OwnServerError, Stopped. */
export async function openRedis({
  config,
  needsSkywire = true,
  signal = new AbortController().signal,
  say,
  warn,
  onTrouble,
}: OpenRedisOptions): Promise<OpenRedis> {
  const own = config.redis.address ? undefined : await useOwnServer({ ...config.ownServer, say });
  const target = ({ address, tls }: RedisSettings): RedisTarget => ({
    address: address ?? own!.address,
    tls,
  });
  const clients = new Set<RedisClient>();
  let stopped: Promise<void> | undefined;
  const redis: OpenRedis = {
    home: target(config.redis),
    skywire: target(config.skywireRedis),
    connect(to, purpose, name) {
      const client = createClient(to, purpose, name, (error) => onTrouble(`Redis (${name})`, error));
      clients.add(client);
      // A relay opens and closes one for each pump.
      client.once('end', () => clients.delete(client));
      return client;
    },
    stop() {
      stopped ??= Promise.all([...clients].map((client) => closeClient(client))).then(() => own?.stop());
      return stopped;
    },
  };
  try {
    for (const warning of await orStopped(signal, 0, check(redis.home, config))) warn(warning);
    if (needsSkywire && config.skywireRedis.address !== config.redis.address)
      await orStopped(signal, 0, check(redis.skywire, { allowEviction: true }));
  } catch (error) {
    await redis.stop();
    throw error;
  }
  return redis;
}

async function check(target: RedisTarget, options: { allowEviction: boolean }): Promise<string[]> {
  const probe = createClient(target, 'commands', 'check', () => undefined);
  try {
    await connectFirst(probe, target);
    return await checkServer(probe, options);
  } finally {
    await closeClient(probe);
  }
}
