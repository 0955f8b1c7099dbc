import { CANARY } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { encodeName, inboxKeys } from '../redis/keys.ts';

const { items } = inboxKeys(encodeName(CANARY)!);

/** ms since our own test match last arrived; undefined where none ever did. */
export async function canaryAge(client: RedisClient): Promise<number | undefined> {
  const [newest] = await client.xrevrange(items, '+', '-', 'COUNT', 1);
  return newest && Math.max(0, (await redisNow(client)) - Number(newest[0].split('-')[0]));
}
