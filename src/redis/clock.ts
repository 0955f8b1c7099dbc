import type { RedisClient } from './connections.ts';

/** By the clock that stamps what this Redis stores: a process's own clock may be wrong, or set meanwhile. */
export async function redisNow(client: Pick<RedisClient, 'time'>): Promise<number> {
  const [seconds, microseconds] = await client.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
