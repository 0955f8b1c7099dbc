/** Pages of records at bsky.app. */

/** A record key of dots only would be resolved away. */
const record =
  /^at:\/\/(did:[a-z]+:[A-Za-z0-9._:-]{1,200})\/([a-zA-Z.]{1,100})\/((?!\.{1,2}$)[A-Za-z0-9._~:-]{1,512})$/;

export interface RecordPlace {
  /** As a reader calls it: `Starter pack`. */
  what: string;
  author: string;
  url: string;
  isPost: boolean;
}

const WEB = 'https://bsky.app';
const kinds: Record<string, [what: string, url: (author: string, key: string) => string]> = {
  'app.bsky.feed.post': ['Post', (author, key) => `${WEB}/profile/${author}/post/${key}`],
  'app.bsky.feed.generator': ['Feed', (author, key) => `${WEB}/profile/${author}/feed/${key}`],
  'app.bsky.graph.list': ['List', (author, key) => `${WEB}/profile/${author}/lists/${key}`],
  'app.bsky.graph.starterpack': ['Starter pack', (author, key) => `${WEB}/starter-pack/${author}/${key}`],
  'app.bsky.labeler.service': ['Labeler', (author) => `${WEB}/profile/${author}`],
};

/** undefined: `uri` is not a record's. For a collection without pages, the author's page. */
export function placeOf(uri: unknown): RecordPlace | undefined {
  const [, author, collection, key] = (typeof uri === 'string' && record.exec(uri)) || [];
  if (author === undefined || collection === undefined || key === undefined) return undefined;
  if (!Object.hasOwn(kinds, collection))
    return { what: 'Embedded record', author, url: `${WEB}/profile/${author}`, isPost: false };
  const [what, url] = kinds[collection]!;
  return { what, author, url: url(author, key), isPost: collection === 'app.bsky.feed.post' };
}
