/**
 * The one place where an item's post is looked up that is kept once for all inboxes: its item then has an empty `post`, and the
 * body lies under the key of its identity. A body that is no longer there leaves the item without a post; nothing throws.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { postKey } from '../../redis/keys.ts';

export interface Bodied {
  postJson: string;
  identity: string;
}

/** Fills in what is missing. Where all posts together are larger than `mostBytes`, only the first items come back, at least one. */
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
