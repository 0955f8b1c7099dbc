/** A consumer group's progress in one stream, by ids: the group's own `lag` is wrong after Redis was killed. */

import { timeMsOf } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { type Group, groupOf } from '../stream/xinfo.ts';

export interface StreamReading {
  stream: string;
  group: string;
  length: number;
  /** Entries not yet delivered to the group; an estimate if Redis does not know its lag. */
  unread: number;
  /** Age of the oldest of them, by the server's clock; 0: none. */
  unreadAgeMs: number;
  /** Entries delivered to the group and not acknowledged. */
  pending: number;
  pendingAgeMs: number;
}

export async function readStream(client: RedisClient, stream: string, group: string): Promise<StreamReading> {
  const [nowMs, length, found] = await Promise.all([
    redisNow(client),
    client.xlen(stream),
    groupOf(client, stream, group),
  ]);
  const ageMs = (id: string | undefined): number => (id ? Math.max(0, nowMs - timeMsOf(id)) : 0);
  const after = found ? `(${found['last-delivered-id']}` : '-';
  const [oldestUnread] = (await client.xrange(stream, after, '+', 'COUNT', 1)).map(([id]) => id);
  const oldestPending = found?.pending
    ? ((await client.xpending(stream, group)) as [number, string | null])[1]
    : null;
  return {
    stream,
    group,
    length,
    unread: oldestUnread ? await unreadCount(client, stream, length, oldestUnread, found) : 0,
    unreadAgeMs: ageMs(oldestUnread),
    pending: found?.pending ?? 0,
    pendingAgeMs: ageMs(oldestPending ?? undefined),
  };
}

/** Redis before 7 has no lag, and later ones lose it when entries are deleted: then interpolated between first and last id. */
async function unreadCount(
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
