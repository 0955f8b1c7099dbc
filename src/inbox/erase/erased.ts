/** What is remembered of erased inboxes: a hash of the name, and when. */
import type { RedisClient } from '../../redis/connections.ts';
import { fieldsOf } from '../../redis/fields.ts';
import { erasedKey, erasuresKey } from '../../redis/keys.ts';

/** For each inbox (encoded name), in order: matches received until this time (ms) are refused; 0: not erased lately. */
export async function erasedAt(client: RedisClient, inboxes: readonly string[]): Promise<number[]> {
  return Promise.all(inboxes.map(async (inbox) => Number(await client.get(erasedKey(inbox)))));
}

export interface Erasures {
  /** A position from which `since` continues. */
  latest(): Promise<string>;
  /** Hashes (nameHash) of the inboxes erased after this position, and the next position. */
  since(position: string): Promise<{ hashes: string[]; position: string }>;
}

export function createErasures(client: RedisClient): Erasures {
  return {
    async latest() {
      return (await client.xrevrange(erasuresKey, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0-0';
    },
    async since(position) {
      const entries = await client.xrange(erasuresKey, position === '0-0' ? '-' : `(${position}`, '+');
      return {
        hashes: entries.flatMap(([, fields]) => fieldsOf(fields)['inbox'] ?? []),
        position: entries.at(-1)?.[0] ?? position,
      };
    },
  };
}
