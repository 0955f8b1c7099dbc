/** Startup check: refuses a Redis that would lose matches. */
import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './connections.ts';
import { memoryOf, unknownLimit } from './memory.ts';

/** Redis answers but is misconfigured or too old. The message says what to change. */
export class RedisUnfit extends Error {
  override name = 'RedisUnfit';
}

export const OLDEST = [6, 2] as const;

/** Throws RedisUnfit; returns warnings, each with its fix. Reads INFO only: managed services refuse CONFIG. */
export async function checkServer(
  client: RedisClient,
  { allowEviction }: { allowEviction: boolean },
): Promise<string[]> {
  const nodes = await mastersOf(client);
  const found = nodes.map(async (node) => {
    const where = nameOf(node, nodes);
    return checkNode(parseInfo(await node.info()), where, allowEviction);
  });
  return [...new Set((await Promise.all(found)).flat())];
}

function checkNode(info: Record<string, string>, where: string, allowEviction: boolean): string[] {
  if (!isRecent(info['redis_version'])) {
    throw new RedisUnfit(
      `${where} ${info['redis_version']} is too old: ${OLDEST.join('.')} or later, or Valkey 8, is required`,
    );
  }
  const policy = info['maxmemory_policy'] ?? 'noeviction';
  const warnings: string[] = [];
  if (policy !== 'noeviction') {
    const what = `${where} may evict keys, and matches with them: maxmemory-policy is ${policy}, it must be noeviction`;
    const fix = 'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf';
    if (!allowEviction) throw new RedisUnfit(`${what} (${fix}; ALLOW_EVICTION=1 starts anyway)`);
    warnings.push(`${what} (started because of ALLOW_EVICTION=1; ${fix})`);
  }
  if (info['aof_enabled'] === '0') {
    warnings.push(
      `${where} has no append-only file: a crash of Redis loses matches (redis-cli CONFIG SET appendonly yes)`,
    );
  }
  if (!memoryOf(info).limitBytes) warnings.push(`${unknownLimit.what} (${unknownLimit.remedy})`);
  return warnings;
}

/** `Redis`, in a Cluster with the node's address: settings are each node's own. */
export const nameOf = ({ options }: Redis, nodes: readonly Redis[]): string =>
  nodes.length > 1 ? `Redis ${options.host}:${options.port}` : 'Redis';

export function isRecent(version = ''): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The servers that hold keys: one, or the masters of a Cluster. */
export async function mastersOf(client: RedisClient): Promise<Redis[]> {
  if (!(client instanceof Cluster)) return [client];
  // A lazily connected cluster client knows no nodes before its first command.
  if (!client.nodes('master').length) await client.ping();
  return client.nodes('master');
}

export function parseInfo(info: string): Record<string, string> {
  return Object.fromEntries(
    [...info.matchAll(/^([a-z_0-9]+):(.*?)\r?$/gm)].map(([, name, value]) => [name!, value!]),
  );
}
