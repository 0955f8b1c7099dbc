/**
 * Looks up posts stored once for all inboxes: their items have an empty `post`, and the body has a key of its own, by identity.
 * If the body is gone, the item has no post.
 */
import { Cluster } from 'ioredis';
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
  const lengths = await ofEach<number>(client, 'strlen', lacking);
  const lengthOf = new Map(lacking.map((item, at) => [item, lengths[at]!]));
  let room = mostBytes;
  const end = items.findIndex((item, at) => {
    room -= lengthOf.get(item) ?? item.postJson.length;
    return room < 0 && at > 0;
  });
  const kept = end < 0 ? items : items.slice(0, end);
  const there = kept.filter((item) => lengthOf.get(item));
  const bodies = await ofEach<string | null>(client, 'get', there);
  const bodyOf = new Map(there.map((item, at) => [item, bodies[at]]));
  return kept.map((item) => (bodyOf.has(item) ? { ...item, postJson: bodyOf.get(item) ?? '' } : item));
}

/** In one pipeline, but on a Cluster: there each key may lie on another node. */
async function ofEach<Reply>(
  client: RedisClient,
  command: 'strlen' | 'get',
  items: readonly Bodied[],
): Promise<Reply[]> {
  const keys = items.map(({ identity }) => postKey(identity));
  if (client instanceof Cluster)
    return Promise.all(keys.map((key) => client[command](key) as Promise<Reply>));
  const pipeline = client.pipeline();
  for (const key of keys) pipeline[command](key);
  return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply as Reply;
  });
}
