/** Which items of an inbox are read, and which are starred: fetched for every request, never cached. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';

export interface Flags {
  /** Items up to it are read except those in `kept`, later ones unread except those in `read`. */
  mark: string;
  read: ReadonlySet<string>;
  kept: ReadonlySet<string>;
  starred: ReadonlySet<string>;
}

/** As one atomic read. */
export async function readFlags(client: RedisClient, inbox: string): Promise<Flags> {
  const { state, read, unread, starred } = inboxKeys(inbox);
  const replies = await client
    .multi()
    .hget(state, 'mark')
    .zrange(read, '0', '-1')
    .zrange(unread, '0', '-1')
    .zrange(starred, '0', '-1')
    .exec();
  if (!replies) throw new Error('the transaction was not run');
  for (const [error] of replies) if (error) throw error;
  const [mark, ...sets] = replies.map(([, value]) => value) as [string | null, string[], string[], string[]];
  const [isRead, kept, starredIds] = sets.map((ids) => new Set(ids)) as [
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  return { mark: mark ?? '0-0', read: isRead, kept, starred: starredIds };
}
