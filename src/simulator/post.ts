/** A post as Skywire sends it, its members in the order of the wire. */
export interface Post {
  uri: string;
  text: string;
  author: string;
  /** Whole seconds: `2024-01-10T12:00:00Z`. */
  indexed_at: string;
  raw_record: Record<string, unknown>;
}

/** Today's Skywire leaves the last segment of the uri empty: the same uri for every post of an author. */
export const withoutRkey = (uri: string): string => uri.slice(0, uri.lastIndexOf('/') + 1);
