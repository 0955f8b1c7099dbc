/**
 * Looks up posts stored once for all inboxes: their items have an empty `post`, and the body has a key of its own, by identity.
 * If the body is gone, the item has no post.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { postKey } from '../../redis/keys.ts';

export interface Bodied {
  postJson: string;
  identity: string;
}

/** Fills in missing posts. Returns fewer items, but at least one, if all posts together exceed `mostBytes`. */
export async function withBodies<Item extends Bodied>(
  client: RedisClient,
  items: Item[],
  mostBytes: number,
): Promise<Item[]> {
  const lacking = items.filter((item) => item.postJson === '');
  if (lacking.length === 0) return items;
  const lengths = await Promise.all(lacking.map(({ identity }) => client.strlen(postKey(identity))));
  const lengthOf = new Map(lacking.map((item, at) => [item, lengths[at]!]));
  let room = mostBytes;
  const end = items.findIndex((item, at) => {
    room -= lengthOf.get(item) ?? item.postJson.length;
    return room < 0 && at > 0;
  });
  const kept = end < 0 ? items : items.slice(0, end);
  return Promise.all(
    kept.map(async (item) => {
      if (!lengthOf.get(item)) return item;
      return { ...item, postJson: (await client.get(postKey(item.identity))) ?? '' };
    }),
  );
}
