import { timeMsOf } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { Group } from '../stream/xinfo.ts';

/** Redis before 7 has no lag, and later ones lose it when entries are deleted: then interpolated between first and last id. */
export async function unreadCount(
  client: RedisClient,
  stream: string,
  length: number,
  oldestUnread: string,
  group: Group | undefined,
): Promise<number> {
  if (!group) return length;
  if (group.lag && group.lag > 0 && group.lag <= length) return group.lag;
  const [[first], [last]] = await Promise.all([
    client.xrange(stream, '-', '+', 'COUNT', 1),
    client.xrevrange(stream, '+', '-', 'COUNT', 1),
  ]);
  const from = timeMsOf(first?.[0] ?? oldestUnread);
  const to = timeMsOf(last?.[0] ?? oldestUnread);
  const share = to > from ? (to - timeMsOf(oldestUnread)) / (to - from) : 1;
  return Math.max(1, Math.round(length * share));
}
