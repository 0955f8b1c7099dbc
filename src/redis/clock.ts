import type { RedisClient } from './connections.ts';

/** By the clock that stamped whatever this Redis keeps: a process' own may be off, or be set meanwhile. */
export async function redisNow(client: Pick<RedisClient, 'time'>): Promise<number> {
  const [seconds, microseconds] = await client.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
