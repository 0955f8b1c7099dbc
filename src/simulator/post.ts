/** A post as Skywire sends it, members in wire order. */
export interface Post {
  uri: string;
  text: string;
  author: string;
  /** Whole seconds: `2024-01-10T12:00:00Z`. */
  indexed_at: string;
  raw_record: Record<string, unknown>;
}

/** Skywire currently leaves the last segment empty, so all posts of an author have the same uri. */
export const withoutRkey = (uri: string): string => uri.slice(0, uri.lastIndexOf('/') + 1);
