/** Whether Redis is configured to keep what it is given. */
import type { Redis } from 'ioredis';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';
import type { Finding } from './finding.ts';

export async function examineServer(client: RedisClient): Promise<Finding[]> {
  const [node] = (await mastersOf(client)) as [Redis];
  const info = parseInfo(await node.info());
  const skewMs = Math.abs((await redisNow(node)) - Date.now());
  const { redis_version: version, maxmemory_policy: policy = 'noeviction', aof_enabled: aof } = info;
  const fsync = await setting(node, 'appendfsync');
  const used = Number(info['used_memory']);
  const most = Number(info['maxmemory'] ?? 0);
  const replicas = Number(info['connected_slaves'] ?? 0);
  const minReplicas = replicas ? await setting(node, 'min-replicas-to-write') : undefined;
  return [
    { level: 'ok', what: `Redis ${version} responds` },
    policy === 'noeviction'
      ? { level: 'ok', what: 'keys are never evicted (maxmemory-policy noeviction)' }
      : {
          level: 'dangerous',
          what: `keys may be evicted: maxmemory-policy is ${policy}`,
          fix: 'redis-cli CONFIG SET maxmemory-policy noeviction',
        },
    aof === '1'
      ? { level: 'ok', what: `append-only file is on (appendfsync ${fsync ?? 'unknown, CONFIG is refused'})` }
      : {
          level: 'dangerous',
          what: 'no append-only file: a crash of Redis loses matches',
          fix: 'redis-cli CONFIG SET appendonly yes',
        },
    ...(fsync === 'no'
      ? [
          {
            level: 'dangerous',
            what: 'appendfsync is no',
            fix: 'redis-cli CONFIG SET appendfsync everysec',
          } as const,
        ]
      : []),
    ...(most && used > most * 0.85
      ? [
          {
            level: 'dangerous',
            what: `memory is ${Math.round((100 * used) / most)} % used`,
            fix: 'raise maxmemory, or lower INBOX_MAX_ITEMS',
          } as const,
        ]
      : [
          {
            level: 'ok',
            what: `memory ${Math.round(used / 1e6)} MB of ${most ? `${Math.round(most / 1e6)} MB` : 'no limit'}`,
          } as const,
        ]),
    ...(minReplicas === '0'
      ? [
          {
            level: 'note',
            what: 'a failover can lose writes that were not replicated yet',
            fix: 'redis-cli CONFIG SET min-replicas-to-write 1',
          } as const,
        ]
      : []),
    ...(skewMs > 5_000
      ? [
          {
            level: 'note',
            what: `clocks differ by ${Math.round(skewMs / 1_000)} s`,
            fix: 'run NTP on both machines',
          } as const,
        ]
      : []),
  ];
}

/** undefined if CONFIG is refused, as managed services do. */
async function setting(node: Redis, name: string): Promise<string | undefined> {
  const reply = (await node.call('CONFIG', 'GET', name).catch(() => [])) as string[];
  return reply[1];
}
