/** Looks through an inbox for the items that are meant, in bounded steps between which everything else gets its turn. */
import type { Item, Page, PageQuery } from './read-page.ts';

/** Those that are meant, in the same order. */
export type Choose = (items: readonly Item[], signal?: AbortSignal) => Promise<Item[]>;

type Read = (inbox: string, query: PageQuery, signal?: AbortSignal) => Promise<Page>;

const LOOK_AT_ONCE = 400;
/** What is found by then is the page, and its `next` goes on: less than an answer may take. */
const LOOK_FOR_MS = 3_000;

/** `read` returns a part of an inbox that is small enough for one step. */
export function createSearch(read: Read) {
  const inTurn = oneAtATime();
  /** A page like any other, of the chosen items; `choose` sees those that the other conditions of the query let through. */
  return async (inbox: string, query: PageQuery, choose: Choose, signal?: AbortSignal): Promise<Page> => {
    const found: Item[] = [];
    const until = performance.now() + LOOK_FOR_MS;
    const direction = query.after === undefined ? 'before' : 'after';
    let from = query[direction];
    for (;;) {
      const { chosen, ...part } = await inTurn(async () => {
        signal?.throwIfAborted();
        const { items, ...rest } = await read(
          inbox,
          { ...query, [direction]: from, limit: LOOK_AT_ONCE },
          signal,
        );
        return { ...rest, chosen: await choose(items, signal) };
      });
      const room = query.limit - found.length;
      found.push(...chosen.slice(0, room));
      if (chosen.length > room || (chosen.length === room && part.next !== null))
        return { ...part, items: found, next: found.at(-1)!.id };
      if (part.next === null || performance.now() > until) return { ...part, items: found };
      from = part.next;
    }
  };
}

/** Concurrent searches take turns step by step, so that together they keep a process no busier than one. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(step: () => Promise<Result>): Promise<Result> => {
    const result = last.then(step);
    last = result.catch(() => undefined);
    return result;
  };
}
