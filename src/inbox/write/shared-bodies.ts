/**
 * A post that goes to several inboxes at once is stored once, under its own key; its items have an empty `post` and the post's
 * `identity`. Below SHARED_FROM inboxes a key costs more than the copies: docs/performance.md has the figures.
 */
import type { Delivery } from '../../../processors/index.ts';
import type { Match } from '../../../queues/index.ts';
import type { Config } from '../../config/config.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { postKey } from '../../redis/keys.ts';

const SHARED_FROM = 3;
/** Inboxes remove old items with their next write, so bodies must outlive them a little. */
export const LONGER_THAN_ITEMS_MS = 30 * 86_400_000;

/** Stores shared bodies before any item refers to them. Returns what an item holds as `post`: '' where its body is shared. */
export async function shareBodies(
  client: RedisClient,
  deliveries: readonly Delivery[],
  { maxAgeMs }: Config['inbox'],
): Promise<(match: Match) => string> {
  // Items without an age limit would need bodies that never expire.
  if (maxAgeMs === 0 || deliveries.length < SHARED_FROM) return ({ postJson }) => postJson;
  const inboxes = new Map<string, number>();
  let most = 0;
  for (const { match } of deliveries) {
    const count = (inboxes.get(match.identity) ?? 0) + 1;
    inboxes.set(match.identity, count);
    most = Math.max(most, count);
  }
  if (most < SHARED_FROM) return ({ postJson }) => postJson;
  const shared = new Set<string>();
  const lifeMs = maxAgeMs + LONGER_THAN_ITEMS_MS;
  const stored: Promise<unknown>[] = [];
  for (const { match } of deliveries) {
    if (shared.has(match.identity) || inboxes.get(match.identity)! < SHARED_FROM) continue;
    shared.add(match.identity);
    const key = postKey(match.identity);
    // The first text stays, as in an item: a resent post has another indexed_at.
    stored.push(client.set(key, match.postJson, 'PX', lifeMs, 'NX'), client.pexpire(key, lifeMs));
  }
  await Promise.all(stored);
  return ({ identity, postJson }) => (shared.has(identity) ? '' : postJson);
}
