/** One page of an inbox, with its posts. */
import { before, FIRST_ID, LAST_ID } from '../../../queues/index.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { unreadCount } from '../read-state.ts';
import { subscriptionPrefix } from '../write/inbox-calls.ts';
import { withBodies } from './bodies.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('page.lua'), ...unreadCount, here('chunk.lua'));

/** Bounds how long one script call blocks Redis. */
export const LOOK_AT_MOST = 1_000;

export interface PageQuery {
  limit: number;
  /** Item id: older items, newest first. Without `before` and `after`: from the newest. */
  before?: string | undefined;
  /** Item id: newer items, oldest first. */
  after?: string | undefined;
  unread?: boolean | undefined;
  starred?: boolean | undefined;
  subscription?: string | undefined;
  /** Only items delivered at or after this time (ms). */
  sinceMs?: number | undefined;
}

export interface Item {
  id: string;
  /** The post's JSON text, unchanged; empty if it is no longer kept. */
  postJson: string;
  /** With each subscription's title, if it has one. */
  matchedBy: { subscription_id: string; match_score: number | null; title?: string }[];
  read: boolean;
  starred: boolean;
  /** The post's identity: the same in every inbox and for every delivery. */
  identity: string;
}

export interface Page {
  items: Item[];
  /** Cursor of the next page, null at the end. */
  next: string | null;
  total: number;
  unread: number;
  /** Unread items up to and including `until` that were removed, by a limit of the inbox or by another program. */
  gap: { unread: number; until: string } | null;
}

export type Row = [
  id: string,
  post: string,
  matches: string,
  read: number,
  starred: number,
  identity: string,
];
type PageReply = [number, number, string, number, string, Row[], number, number];

/** The part of a reply about the inbox itself: wrong counts must be repaired, and read again. */
export interface Condition {
  /** Items that another program removed, minus those that it added. */
  vanished: number;
  isMiscounted: boolean;
}

/** May end early, with a `next`. */
export async function readPage(
  client: RedisClient,
  inbox: string,
  query: PageQuery,
  mostBytes: number,
): Promise<Page & Condition> {
  const { items, state, merged, read, unread, starred, seen, gone } = inboxKeys(inbox);
  const direction = query.after === undefined ? 'before' : 'after';
  const reply = (await runScript(
    client,
    script,
    [items, state, merged, read, unread, starred, seen, gone],
    [
      direction,
      cursorOf(direction, query[direction]),
      query.limit,
      query.unread ? '1' : '0',
      query.starred ? '1' : '0',
      query.subscription === undefined ? '' : subscriptionPrefix(query.subscription),
      oldestOf(query.sinceMs),
      LOOK_AT_MOST,
      mostBytes,
    ],
  )) as PageReply;
  const [total, unreadItems, next, gap, gapUntil, rows, vanished, isMiscounted] = reply;
  const found = await withBodies(client, rows.map(toItem), mostBytes);
  return {
    items: found,
    next: found.length < rows.length ? found.at(-1)!.id : next || null,
    total,
    unread: unreadItems,
    gap: gapOf(gap, gapUntil),
    vanished,
    isMiscounted: isMiscounted === 1,
  };
}

export const toItem = ([id, postJson, matchedBy, isRead, hasStar, identity]: Row): Item => ({
  id,
  postJson,
  matchedBy: matchedBy.split('\n').map((line) => JSON.parse(line) as Item['matchedBy'][number]),
  read: isRead === 1,
  starred: hasStar === 1,
  identity,
});

/** Redis rejects an exclusive range from the first or last possible id; from their neighbours it is empty, too. */
const extremes = {
  before: { id: FIRST_ID, neighbour: '0-1' },
  after: { id: LAST_ID, neighbour: before(LAST_ID) },
};

/** As the scripts take it. */
export function cursorOf(direction: 'before' | 'after', cursor = ''): string {
  const { id, neighbour } = extremes[direction];
  return cursor === id ? neighbour : cursor;
}
export const oldestOf = (sinceMs: number | undefined): string =>
  sinceMs === undefined ? '' : `${sinceMs}-0`;

export const gapOf = (unread: number, until: string): Page['gap'] => (unread > 0 ? { unread, until } : null);
