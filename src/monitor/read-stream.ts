/** A consumer group's progress in one stream, by ids: the group's own `lag` is wrong after Redis was killed. */

import { timeMsOf } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { groupsOf } from '../stream/xinfo.ts';
import { type OtherGroup, readOtherGroups } from './other-groups.ts';
import { unreadCount } from './unread-count.ts';

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
  /** Those furthest behind first. */
  otherGroups: OtherGroup[];
}

export async function readStream(
  client: RedisClient,
  stream: string,
  group: string,
  windowMs: number,
): Promise<StreamReading> {
  const [nowMs, length, groups] = await Promise.all([
    redisNow(client),
    client.xlen(stream),
    groupsOf(client, stream),
  ]);
  const found = groups.find(({ name }) => name === group);
  const others = groups.filter((one) => one !== found);
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
    otherGroups: await readOtherGroups(client, stream, others, { nowMs, length, windowMs }),
  };
}
