/** What is already known of many posts, for a search through an inbox. Requests no lookups, and reads only what a search needs. */
import type { Known } from '../known/known.ts';
import { validDid } from './needs.ts';
import { type KnownPost, shownPost } from './shown.ts';

export interface PostSeen {
  identity: string;
  /** The author. */
  did: string;
}

export type Glance = Pick<KnownPost, 'author' | 'labels' | 'withdrawn'>;

/** In order; undefined where nothing can be known. One read of the stores for all, so callers with many posts split them up. */
export async function glanceAt(
  known: Pick<Known, 'read'>,
  posts: readonly PostSeen[],
): Promise<(Glance | undefined)[]> {
  const knowable = posts.filter(({ did }) => validDid.test(did));
  const names = knowable.flatMap(({ did, identity }) => [`author:${did}`, `own:${identity}`] as const);
  const { nowMs, entries } = await known.read([...new Set(names)]);
  return posts.map((post) =>
    validDid.test(post.did)
      ? shownPost({ ...post, id: '', deliveredMs: 0, createdMs: 0, cid: undefined }, entries, nowMs)
      : undefined,
  );
}
