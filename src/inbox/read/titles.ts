/** Adds subscriptions' titles to items. */
import type { RedisClient } from '../../redis/connections.ts';
import { titlesOf } from '../../subscriptions/titles.ts';
import type { Item } from './read-page.ts';

/** Changes the items. One GET for each subscription, all at once. */
export async function withTitles(client: RedisClient, items: Item[]): Promise<Item[]> {
  const matches = items.flatMap(({ matchedBy }) => matchedBy);
  const titles = await titlesOf(
    client,
    matches.map((match) => match.subscription_id),
  );
  for (const match of matches) {
    const title = titles.get(match.subscription_id);
    if (title !== undefined) match.title = title;
  }
  return items;
}
