/** A feed before it is written in one of its formats. The same items make the same text: that is what an ETag stands on. */
import type { Entry } from './entry.ts';

export interface Feed {
  id: string;
  title: string;
  description: string;
  /** The page that shows the same in a browser. */
  homeUrl: string;
  url: string;
  /** Where older items are; undefined at the end. */
  nextUrl: string | undefined;
  /** When the newest of its items was delivered; 1970 where there are none. */
  updatedMs: number;
  entries: Entry[];
}

export interface FeedFormat {
  contentType: string;
  render(feed: Feed): string;
}
