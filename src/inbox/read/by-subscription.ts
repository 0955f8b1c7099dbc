/** How many items of an inbox each subscription matched: the counts of the filter `?subscription=`. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';

const script = loadScript(new URL('by-subscription.lua', import.meta.url), ...readState);

/** Bound how long one script call blocks Redis. */
const LOOK_AT_MOST = 250;
const MOST_BYTES = 4_000_000;

export interface SubscriptionCounts {
  total: number;
  unread: number;
  /** Id of the newest item. */
  newest: string;
}

type Reply = [cursor: string, rows: [subscription: string, total: number, unread: number, newest: string][]];

/** One pass over the inbox, in steps, until the signal. By subscription (plain name). */
export async function countBySubscription(
  client: RedisClient,
  inbox: string,
  signal?: AbortSignal,
): Promise<Map<string, SubscriptionCounts>> {
  const { items, state, merged, read, unread: kept } = inboxKeys(inbox);
  const found = new Map<string, SubscriptionCounts>();
  for (let cursor = ''; ; ) {
    const args = [cursor, LOOK_AT_MOST, MOST_BYTES];
    const [next, rows] = (await runScript(client, script, [items, state, merged, read, kept], args)) as Reply;
    for (const [json, total, unread, newest] of rows) {
      const name = JSON.parse(json) as string;
      const known = found.get(name);
      if (!known) found.set(name, { total, unread, newest });
      else {
        known.total += total;
        known.unread += unread;
      }
    }
    if (next === '') return found;
    signal?.throwIfAborted();
    cursor = next;
  }
}
