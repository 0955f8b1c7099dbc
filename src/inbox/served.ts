/**
 * How far a feed reader was shown each stream of an inbox: "mark all as read" without a time reaches no further, so that later items
 * stay unread. By token, since each reader was shown something different.
 */
import { laterId } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { servedKey } from '../redis/keys.ts';
import { tokenHash } from './feed-tokens.ts';

export interface Served {
  note(token: string, stream: string, newest: string): Promise<void>;
  /** The latest id noted for these streams; undefined: none. */
  latest(token: string, streams: readonly string[]): Promise<string | undefined>;
}

/** A reader lists items before it marks them. */
const KEPT_MS = 90 * 86_400_000;

export function createServed(client: RedisClient): Served {
  return {
    async note(token, stream, newest) {
      const key = servedKey(tokenHash(token));
      await Promise.all([client.hset(key, stream, newest), client.pexpire(key, KEPT_MS)]);
    },
    async latest(token, streams) {
      const noted = await client.hmget(servedKey(tokenHash(token)), ...streams);
      const ids = noted.filter((id) => id !== null);
      return ids.length === 0 ? undefined : ids.reduce(laterId);
    },
  };
}
