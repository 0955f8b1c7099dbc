/**
 * How long ago the canary last arrived. What stamped it may be another clock than the one asked now (another node of a Cluster, a new
 * master, a clock that was set), so the clock decides only within what this process saw: it was not there at one look, and was at the next.
 */
import { CANARY } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { encodeName, inboxKeys } from '../redis/keys.ts';

const { items } = inboxKeys(encodeName(CANARY)!);

/** ms since the canary last arrived; undefined: never. */
export function createCanaryAge(client: RedisClient): () => Promise<number | undefined> {
  let known: string | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let arrivedAfter = Number.NEGATIVE_INFINITY;
  let arrivedBefore = 0;
  return async () => {
    const startedAt = performance.now();
    const [newest] = await client.xrevrange(items, '+', '-', 'COUNT', 1);
    const seenAt = performance.now();
    if (newest && newest[0] !== known) {
      known = newest[0];
      arrivedAfter = lookedAt;
      arrivedBefore = seenAt;
    }
    lookedAt = startedAt;
    if (!newest) return undefined;
    const byClock = (await redisNow(client)) - Number(newest[0].split('-')[0]);
    const now = performance.now();
    return Math.min(Math.max(byClock, now - arrivedBefore), now - arrivedAfter);
  };
}
