/**
 * Looks through an inbox for the items that are meant, in bounded steps between which everything else gets its turn. Only of items whose
 * post is meant more is read.
 */
import type { Item, Page, PageQuery } from './read-page.ts';
import type { Scanned } from './scan.ts';

/** Those that are meant, in the same order. */
export type Choose = <Post extends Scanned>(posts: readonly Post[], signal?: AbortSignal) => Promise<Post[]>;

export interface SearchDeps {
  /** A part of the inbox that is small enough for one step. */
  scan(inbox: string, query: PageQuery): Promise<{ posts: Scanned[]; next: string | null }>;
  items(inbox: string, ids: readonly string[], signal?: AbortSignal): AsyncIterable<Item[]>;
  counts(inbox: string, signal?: AbortSignal): Promise<Pick<Page, 'total' | 'unread' | 'gap'>>;
}

/** What is found by then is the page, and its `next` goes on: less than an answer may take. */
const LOOK_FOR_MS = 3_000;

export function createSearch({ scan, items, counts }: SearchDeps) {
  const inTurn = oneAtATime();

  /** At most so many of these that meet the other conditions of the query. */
  async function meeting(
    inbox: string,
    query: PageQuery,
    ids: readonly string[],
    most: number,
    signal?: AbortSignal,
  ): Promise<Item[]> {
    const found: Item[] = [];
    for (let at = 0; at < ids.length && found.length < most; at += most)
      for await (const some of items(inbox, ids.slice(at, at + most), signal))
        found.push(...some.filter((item) => meets(item, query)));
    return found.slice(0, most);
  }

  /** A page like any other, of the items whose posts `choose` takes. */
  return async (inbox: string, query: PageQuery, choose: Choose, signal?: AbortSignal): Promise<Page> => {
    const found: Item[] = [];
    const until = performance.now() + LOOK_FOR_MS;
    const direction = query.after === undefined ? 'before' : 'after';
    const scanFrom = (cursor: string | undefined) => scan(inbox, { ...query, [direction]: cursor });
    let part = scanFrom(query[direction]);
    for (let steps = 1; ; steps += 1) {
      // One more than there is room for tells whether the page has a next one.
      const room = query.limit - found.length;
      const { more, next } = await inTurn(async () => {
        const { posts, next } = await part;
        signal?.throwIfAborted();
        // While these are looked through. Most pages are full before.
        if (next !== null && steps > 1) part = scanFrom(next);
        part.catch(() => undefined);
        const chosen = (await choose(posts, signal)).map(({ id }) => id);
        return { more: await meeting(inbox, query, chosen, room + 1, signal), next };
      });
      found.push(...more.slice(0, room));
      const isFull = more.length > room || (more.length === room && next !== null);
      if (isFull || next === null || performance.now() > until) {
        const { total, unread, gap } = await counts(inbox, signal);
        return { items: found, next: isFull ? found.at(-1)!.id : next, total, unread, gap };
      }
      if (steps === 1) part = scanFrom(next);
    }
  };
}

const meets = ({ read, starred, matchedBy }: Item, query: PageQuery): boolean =>
  (!query.unread || !read) &&
  (!query.starred || starred) &&
  (query.subscription === undefined ||
    matchedBy.some(({ subscription_id }) => subscription_id === query.subscription));

/** Concurrent searches take turns step by step, so that together they keep a process no busier than one. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(step: () => Promise<Result>): Promise<Result> => {
    const result = last.then(step);
    last = result.catch(() => undefined);
    return result;
  };
}
