/**
 * The titles of subscriptions. In keys of their own, because the key that says whether anybody ever registered decides what happens to a
 * match, in this version and in earlier ones.
 */
import type { RedisClient } from '../redis/connections.ts';
import { encodeName, subscriptionKeys, titleKey } from '../redis/keys.ts';

/** In UTF-16 units. */
export const MAX_TITLE = 200;

/** null takes the title away. */
export async function setTitle(
  client: RedisClient,
  subscription: string,
  title: string | null,
): Promise<void> {
  const key = titleKey(subscription);
  // Another program's key of the wrong type is an error, and not overwritten.
  await client.get(key);
  if (title === null) await client.del(key);
  else await client.set(key, title);
}

/** Of a subscription that nobody ever registered for: with direct routing it is the inbox, and its title goes with that. */
export async function forgetTitle(client: RedisClient, subscription: string): Promise<void> {
  const { about } = subscriptionKeys(subscription);
  if ((await client.exists(about)) === 0) await client.del(titleKey(subscription));
}

/** By name (plain), of those that have one. */
export async function titlesOf(
  client: RedisClient,
  subscriptions: Iterable<string>,
): Promise<Map<string, string>> {
  const names = [...new Set(subscriptions)];
  const titles = await Promise.all(names.map((name) => titleOf(client, name)));
  return new Map(names.flatMap((name, at) => (titles[at] ? [[name, titles[at]]] : [])));
}

async function titleOf(client: RedisClient, name: string): Promise<string | null> {
  const encoded = encodeName(name);
  if (encoded === undefined) return null;
  try {
    return await client.get(titleKey(encoded));
  } catch (error) {
    // Another program's key must not make an inbox unreadable.
    if (String(error).includes('WRONGTYPE')) return null;
    throw error;
  }
}
