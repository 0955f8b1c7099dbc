/** Reads inboxes and keeps what their readers say of the items: read, unread, starred. */
import type { RedisClient } from '../redis/connections.ts';
import { inboxKeys } from '../redis/keys.ts';
import { loadScript, runScript } from '../redis/scripts.ts';
import { subscriptionPrefix } from './inbox-calls.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const pageScript = loadScript(here('page.lua'), here('read-state.lua'));
const markScript = loadScript(here('mark.lua'), here('read-state.lua'));
const starScript = loadScript(here('star.lua'));
const summaryScript = loadScript(here('summary.lua'));

/** Bounds the time that one script call keeps Redis from others. */
const LOOK_AT_MOST = 1_000;
/** A page of large posts ends early; its `next` goes on. */
const MOST_BYTES = 8_000_000;

export interface PageQuery {
  limit: number;
  /** Item id: older ones, newest first. Without `before` and `after`: from the newest. */
  before?: string | undefined;
  /** Item id: later ones, oldest first. */
  after?: string | undefined;
  unread?: boolean | undefined;
  starred?: boolean | undefined;
  subscription?: string | undefined;
}

export interface Item {
  id: string;
  /** The post's JSON text as it was sent. */
  postJson: string;
  matchedBy: { subscription_id: string; match_score: number | null }[];
  read: boolean;
  starred: boolean;
}

export interface Page {
  items: Item[];
  /** Item id to go on from, null at the end. */
  next: string | null;
  total: number;
  unread: number;
  /** Unread items that a bound of the inbox removed, up to and with the id `until`. */
  gap: { unread: number; until: string } | null;
}

/** Item ids of both ends, null where nothing is in between. */
export interface Summary extends Omit<Page, 'items' | 'next'> {
  oldest: string | null;
  newest: string | null;
}

export interface InboxReader {
  summary(inbox: string): Promise<Summary>;
  page(inbox: string, query: PageQuery): Promise<Page>;
  /** Both return the number of unread items. Ids that are not there change nothing. */
  markRead(inbox: string, what: { ids: string[] } | { upTo: string }): Promise<number>;
  markUnread(inbox: string, ids: string[]): Promise<number>;
  /** false: no such item. */
  star(inbox: string, id: string, on: boolean): Promise<boolean>;
}

/** `inbox` is a name that encodeName made; ids have the form `<ms>-<number>`. */
export function createInboxReader(client: RedisClient): InboxReader {
  async function mark(inbox: string, args: (string | number)[]): Promise<[unread: number, done: number]> {
    const { items, state, read, unread } = inboxKeys(inbox);
    return (await runScript(client, markScript, [items, state, read, unread], args)) as [number, number];
  }
  return {
    async summary(inbox) {
      const { items, state } = inboxKeys(inbox);
      const reply = (await runScript(client, summaryScript, [items, state], [])) as SummaryReply;
      const [total, unread, oldest, newest, gap, gapUntil] = reply;
      return { total, unread, oldest: oldest || null, newest: newest || null, gap: gapOf(gap, gapUntil) };
    },
    async page(inbox, query) {
      const found: Item[] = [];
      let { before, after } = query;
      let room = MOST_BYTES;
      for (;;) {
        const rest = { ...query, before, after, limit: query.limit - found.length };
        const page = await readPage(client, inbox, rest, room);
        found.push(...page.items);
        for (const item of page.items) room -= item.postJson.length;
        const isFull = found.length >= query.limit || room <= 0;
        if (page.next === null || isFull) return { ...page, items: found };
        if (after === undefined) before = page.next;
        else after = page.next;
      }
    },
    async markRead(inbox, what) {
      if ('ids' in what) return (await mark(inbox, ['read', ...what.ids]))[0];
      for (;;) {
        const [unread, done] = await mark(inbox, ['up-to', what.upTo, LOOK_AT_MOST]);
        if (done) return unread;
      }
    },
    async markUnread(inbox, ids) {
      return (await mark(inbox, ['unread', ...ids]))[0];
    },
    async star(inbox, id, on) {
      const { items, starred } = inboxKeys(inbox);
      return (
        (await runScript(client, starScript, [items, starred], [id, on ? '1' : '0', id.split('-')[0]!])) === 1
      );
    },
  };
}

type SummaryReply = [number, number, string, string, number, string];
type PageReply = [number, number, string, number, string, [string, string, string, number, number][]];

async function readPage(
  client: RedisClient,
  inbox: string,
  query: PageQuery,
  mostBytes: number,
): Promise<Page> {
  const { items, state, merged, read, unread, starred } = inboxKeys(inbox);
  const direction = query.after === undefined ? 'before' : 'after';
  const cursor = query[direction] ?? '';
  const [total, unreadCount, next, gap, gapUntil, rows] = (await runScript(
    client,
    pageScript,
    [items, state, merged, read, unread, starred],
    [
      direction,
      cursor === farthest[direction].id ? farthest[direction].beside : cursor,
      query.limit,
      query.unread ? '1' : '0',
      query.starred ? '1' : '0',
      query.subscription === undefined ? '' : subscriptionPrefix(query.subscription),
      LOOK_AT_MOST,
      mostBytes,
    ],
  )) as PageReply;
  return {
    items: rows.map(([id, postJson, matchedBy, isRead, hasStar]) => ({
      id,
      postJson,
      matchedBy: matchedBy.split('\n').map((line) => JSON.parse(line) as Item['matchedBy'][number]),
      read: isRead === 1,
      starred: hasStar === 1,
    })),
    next: next || null,
    total,
    unread: unreadCount,
    gap: gapOf(gap, gapUntil),
  };
}

/** Redis takes no range beyond the farthest ids; beyond those beside them there is as little. */
const MAX = '18446744073709551615';
const farthest = {
  before: { id: '0-0', beside: '0-1' },
  after: { id: `${MAX}-${MAX}`, beside: `${MAX}-18446744073709551614` },
};

const gapOf = (unread: number, until: string): Page['gap'] => (unread > 0 ? { unread, until } : null);
