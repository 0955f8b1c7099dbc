/** What the pump recorded as lost before it was in a queue. */
import { canonicalId, compareIds, FIRST_ID, isBefore, LAST_ID } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { notedLosses } from '../stream/loss-records.ts';

/** Entries that were removed before they were read: after the id `after`, not after `to`. */
export interface LostUnread {
  after: string;
  to: string;
  /** null: unknown how many. */
  entries: number | null;
}

export interface Lost {
  /** Of entries that were trimmed while they were pending, oldest first. */
  ids: string[];
  unread: LostUnread[];
}

export interface LostOptions {
  home: RedisClient;
  stream: string;
  from: string;
  to: string;
}

/** Within a window of a stream. `from` and `to` as for XRANGE. */
export async function lostIn({ home, stream, from, to }: LostOptions): Promise<Lost> {
  const first = canonicalId(from) ?? FIRST_ID;
  const last = canonicalId(to, 'last') ?? LAST_ID;
  const ids = new Set<string>();
  const unread: LostUnread[] = [];
  for (const loss of await notedLosses(home)) {
    if (loss.stream !== stream) continue;
    if (loss.kind === 'pending')
      for (const id of loss.ids) if (!isBefore(id, first) && !isBefore(last, id)) ids.add(id);
    if (loss.kind === 'unread' && isBefore(loss.after, last) && !isBefore(loss.to, first))
      unread.push({ after: loss.after, to: loss.to, entries: loss.entries ?? null });
  }
  return { ids: [...ids].sort(compareIds), unread: unread.toReversed() };
}
