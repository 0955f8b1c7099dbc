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
  /** How far its newest id is ahead of the server's clock, if over a minute (else 0): then ids tell no ages, and those above are 0. */
  aheadMs: number;
  /** Those furthest behind first. */
  otherGroups: OtherGroup[];
}

export async function readStream(
  client: RedisClient,
  stream: string,
  group: string,
  windowMs: number,
): Promise<StreamReading> {
  const [nowMs, length, groups, [newest]] = await Promise.all([
    redisNow(client),
    client.xlen(stream),
    groupsOf(client, stream),
    client.xrevrange(stream, '+', '-', 'COUNT', 1),
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
    aheadMs: aheadOf(newest?.[0], nowMs),
    otherGroups: await readOtherGroups(client, stream, others, { nowMs, length, windowMs }),
  };
}

const AHEAD_MS = 60_000;

function aheadOf(newest: string | undefined, nowMs: number): number {
  const ms = newest ? timeMsOf(newest) - nowMs : 0;
  return ms > AHEAD_MS ? ms : 0;
}

const number = new Intl.NumberFormat('en');

/** What it means that ids are ahead, and what to do. */
export function idsAhead({ stream, aheadMs }: StreamReading) {
  const ahead =
    aheadMs < 2 * 3_600_000
      ? `${Math.round(aheadMs / 60_000)} min`
      : `${number.format(Math.round(aheadMs / 3_600_000))} h`;
  return {
    what: `The ids of ${stream} are ${ahead} ahead of the clock of its Redis: the age of its entries is unknown, and shown as 0.`,
    remedy:
      'Somebody appended an entry with an explicit id, or the clock was set back. Nothing is lost; entries are trimmed STREAM_RETENTION_HOURS after the pump has passed them. docs/operations.md says how to end it.',
  };
}
