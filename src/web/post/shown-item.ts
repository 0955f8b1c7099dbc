/** An item with what is known of its post from Bluesky. API, feeds and live streams all read their items through here. */
import type { Reading } from '../../bluesky/reading/reading.ts';
import type { KnownPost } from '../../bluesky/reading/shown.ts';
import type { Item } from '../../inbox/read/inbox-reader.ts';

export interface ShownItem extends Item {
  /** undefined where lookups are off, or nothing is known. */
  known?: KnownPost | undefined;
}

/**
 * `waitMs`: how long what is not known yet is waited for, at the most: feeds' readers keep what they get first (2 s), a person who
 * looks at a page should not wait (0.3 s), and what is streamed comes later as an `update`.
 */
export async function withKnown(
  reading: Reading,
  items: readonly Item[],
  how: { waitMs: number; gatherMs?: number },
): Promise<ShownItem[]> {
  const known = await reading.of(items, how);
  return items.map((item) => ({ ...item, known: known.get(item.id) }));
}

export const FEED_WAIT_MS = 2_000;
export const PAGE_WAIT_MS = 300;
