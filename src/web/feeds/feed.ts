/** A feed, independent of its format. Rendering is deterministic: the ETag is a hash of the text. */
import type { Entry } from './entry.ts';

export interface Feed {
  id: string;
  title: string;
  description: string;
  /** The reader page. */
  homeUrl: string;
  url: string;
  /** The page of older items; undefined at the end. */
  nextUrl: string | undefined;
  /** When the newest item was delivered; 0 without items. */
  updatedMs: number;
  entries: Entry[];
}

export interface FeedFormat {
  contentType: string;
  render(feed: Feed): string;
}
