/** Chooses items of an inbox by their ids alone. */
import { countBefore, type IdTable, idAt, NO_ITEM } from '../../inbox/ids/id-table.ts';
import type { IdsView } from '../../inbox/ids/inbox-ids.ts';
import { hasItemId } from './ids.ts';
import type { Stream } from './stream-names.ts';

/** Of the item at this place of the table. */
export type Test = (at: number) => boolean;

export interface Query {
  isWanted: Test;
  oldestFirst: boolean;
  /** Stream id; the page goes on behind it. */
  cursor: string | undefined;
  sinceMs: number;
  untilMs: number;
  limit: number;
}

/** `feed`: the place of the feed's subscription in the table. */
export function testOf(view: IdsView, { kind }: Stream, feed: number | undefined): Test {
  switch (kind) {
    case 'all':
      return () => true;
    case 'unread':
      return view.isUnread;
    case 'read':
      return (at) => !view.isUnread(at);
    case 'starred':
      return view.isStarred;
    case 'feed':
      return (at) => view.table.subscription[at] === feed;
    case 'none':
      return () => false;
  }
}

/** Another program's entry is no item, and a very odd id has none that a client could take. */
export const isShown = ({ table }: IdsView, at: number): boolean =>
  table.subscription[at] !== NO_ITEM && hasItemId(table.ms[at]!, table.number[at]!);

/** How many items of the table have no item id, from this place on. */
export function countWithoutId({ ms, number, subscription, length }: IdTable, start: number): number {
  let count = 0;
  for (let at = start; at < length; at += 1)
    if (subscription[at] !== NO_ITEM && !hasItemId(ms[at]!, number[at]!)) count += 1;
  return count;
}

/** Exactly `limit` items while there are more: clients take a shorter page for the last one. */
export function select(view: IdsView, query: Query): { ids: string[]; hasMore: boolean } {
  const { isWanted, oldestFirst, cursor, sinceMs, untilMs, limit } = query;
  const { table } = view;
  const step = oldestFirst ? 1 : -1;
  let at = oldestFirst ? 0 : table.length - 1;
  if (cursor !== undefined)
    at = oldestFirst ? countBefore(table, cursor, true) : countBefore(table, cursor) - 1;
  const ids: string[] = [];
  for (; at >= 0 && at < table.length; at += step) {
    const ms = table.ms[at]!;
    if (ms < sinceMs || ms > untilMs || !isShown(view, at) || !isWanted(at)) continue;
    if (ids.length === limit) return { ids, hasMore: true };
    ids.push(idAt(table, at));
  }
  return { ids, hasMore: false };
}

/** The newest item of a stream, undefined if it is empty. */
export function newestOf(view: IdsView, isWanted: Test): string | undefined {
  for (let at = view.table.length - 1; at >= 0; at -= 1)
    if (isShown(view, at) && isWanted(at)) return idAt(view.table, at);
  return undefined;
}
