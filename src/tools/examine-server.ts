/** Whether Redis is configured to keep what it is given. */
import type { Redis } from 'ioredis';
import { shareOf } from '../own-server/memory.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { describeMemory, FULL, fullness, type Memory, memoryOf, unknownLimit } from '../redis/memory.ts';
import { isRecent, mastersOf, OLDEST, parseInfo } from '../redis/server-check.ts';

export interface Finding {
  level: 'ok' | 'note' | 'dangerous';
  what: string;
  fix?: string;
}

/** A missing permission is a note. */
export async function ifAllowed(what: string, findings: Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await findings;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    return [
      {
        level: 'note',
        what: `no permission to inspect ${what}`,
        fix: 'deploy/redis-users.acl lists the permissions',
      },
    ];
  }
}

/** The server of queues and inboxes, or of Skywire's stream; both need the same. */
export type Server = 'Redis' | "Skywire's Redis";

export async function examineServer(client: RedisClient, server: Server = 'Redis'): Promise<Finding[]> {
  const nodes = await mastersOf(client);
  return (await Promise.all(nodes.map((node) => examineNode(node, server, nodes)))).flat();
}

/** In a Cluster each master is examined: nodes have their own settings. */
async function examineNode(node: Redis, server: Server, nodes: readonly Redis[]): Promise<Finding[]> {
  const isHome = server === 'Redis';
  const info = parseInfo(await node.info());
  const skewMs = Math.abs((await redisNow(node)) - Date.now());
  const { redis_version: version, maxmemory_policy: policy = 'noeviction', aof_enabled: aof } = info;
  const fsync = await setting(node, 'appendfsync');
  const memory = memoryOf(info);
  const replicas = Number(info['connected_slaves'] ?? 0);
  const minReplicas = replicas ? await setting(node, 'min-replicas-to-write') : undefined;
  const where = nodes.length > 1 ? `${node.options.host}:${node.options.port}` : '';
  const prefix = `${isHome ? '' : `${server}: `}${where && `${where}: `}`;
  const url = isHome ? '' : '-u "$SKYWIRE_REDIS_URL" ';
  const option = where ? `-h ${node.options.host} -p ${node.options.port} ` : url;
  const found: Finding[] = [];
  const add = (level: Finding['level'], what: string, fix?: string) =>
    found.push({ level, what: `${prefix}${what}`, ...(fix && { fix }) });
  const config = (value: string) => `redis-cli ${option}CONFIG SET ${value}`;
  add('ok', `Redis ${version} responds`);
  if (!isRecent(version))
    add('dangerous', `Redis ${version} is too old`, `install ${OLDEST.join('.')} or later, or Valkey 8`);
  if (policy === 'noeviction') add('ok', 'keys are never evicted (maxmemory-policy noeviction)');
  else
    add(
      'dangerous',
      `keys may be evicted: maxmemory-policy is ${policy}`,
      config('maxmemory-policy noeviction'),
    );
  if (aof === '1') add('ok', `append-only file is on (appendfsync ${fsync ?? 'unknown, CONFIG is refused'})`);
  else add('dangerous', 'no append-only file: a crash of Redis loses matches', config('appendonly yes'));
  if (fsync === 'no') add('dangerous', 'appendfsync is no', config('appendfsync everysec'));
  if (fullness(memory) >= FULL)
    add(
      'dangerous',
      `memory is ${Math.round(100 * fullness(memory))} % used (${describeMemory(memory)})`,
      `raise maxmemory, or lower ${isHome ? 'INBOX_MAX_ITEMS' : 'STREAM_RETENTION_HOURS'}`,
    );
  else add('ok', `memory ${describeMemory(memory)}`);
  if (memory.limitedBy === 'machine') add('note', noMaxmemory(memory, isHome), maxmemoryFix(memory, config));
  if (minReplicas === '0')
    add('note', 'a failover can lose writes that were not replicated yet', config('min-replicas-to-write 1'));
  if (skewMs > 5_000)
    add('note', `clocks differ by ${Math.round(skewMs / 1_000)} s`, 'run NTP on both machines');
  return found;
}

function noMaxmemory({ limitBytes }: Memory, isHome: boolean): string {
  if (!limitBytes && isHome) return unknownLimit.what;
  const stops = isHome ? 'the pump takes the memory of the whole machine for its limit, and ' : '';
  return `maxmemory is not set, or is more than its machine has: ${stops}the kernel kills Redis when a container's limit is reached`;
}

function maxmemoryFix({ usedBytes, limitBytes }: Memory, config: (value: string) => string): string {
  if (!limitBytes) return unknownLimit.remedy;
  const share = Math.round(shareOf(limitBytes, usedBytes) / 1024 ** 2);
  return `${config(`maxmemory ${share}mb`)}, and the same in redis.conf (less in a container with a limit)`;
}

/** undefined if CONFIG is refused, as managed services do. */
async function setting(node: Redis, name: string): Promise<string | undefined> {
  const reply = (await node.call('CONFIG', 'GET', name).catch(() => [])) as string[];
  return reply[1];
}
