/** Reads inboxes and marks items read, unread or starred. API, feeds and streams all read items here. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { keyTypes, loadScript, runScript } from '../../redis/scripts.ts';
import { unreadCount } from '../read-state.ts';
import { countBySubscription, type SubscriptionCounts } from './by-subscription.ts';
import { readItems } from './read-items.ts';
import {
  type Condition,
  gapOf,
  type Item,
  LOOK_AT_MOST,
  type Page,
  type PageQuery,
  readPage,
} from './read-page.ts';
import { createRepair } from './repair.ts';
import { scan } from './scan.ts';
import { type Choose, createSearch } from './search.ts';
import { withTitles } from './titles.ts';

export type { Item, Page, PageQuery } from './read-page.ts';
export type { Scanned } from './scan.ts';
export type { Choose } from './search.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const markScript = loadScript(here('mark.lua'), keyTypes, ...unreadCount);
const starScript = loadScript(here('star.lua'), here('../item.lua'));
const summaryScript = loadScript(here('summary.lua'), ...unreadCount);

/** A page of large posts ends early; its `next` continues. */
const MOST_BYTES = 8_000_000;
const STAR_AT_ONCE = 500;

/** With the ids of the oldest and newest item, null if the inbox is empty. */
export interface Summary extends Omit<Page, 'items' | 'next'> {
  oldest: string | null;
  newest: string | null;
}

/** Operations of several Redis calls end between two calls once `signal` is aborted, and reject with its reason. */
export interface InboxReader {
  summary(inbox: string, signal?: AbortSignal): Promise<Summary>;
  page(inbox: string, query: PageQuery, signal?: AbortSignal): Promise<Page>;
  /** By subscription (plain name). */
  bySubscription(inbox: string, signal?: AbortSignal): Promise<Map<string, SubscriptionCounts>>;
  /** A page of the items that `choose` selects. It may be short or empty, and still have a `next` that continues the search. */
  search(inbox: string, query: PageQuery, choose: Choose, signal?: AbortSignal): Promise<Page>;
  /** Both return the number of unread items. Unknown ids are ignored. Items marked before the signal stay marked. */
  markRead(inbox: string, what: { ids: string[] } | { upTo: string }, signal?: AbortSignal): Promise<number>;
  markUnread(inbox: string, ids: string[], signal?: AbortSignal): Promise<number>;
  /** false: no such item. */
  star(inbox: string, id: string, on: boolean): Promise<boolean>;
  /** Any number of them; ids without an item are ignored. */
  starAll(inbox: string, ids: readonly string[], on: boolean, signal?: AbortSignal): Promise<void>;
  /** By their ids, in this order and some at a time; ids without an item are left out. */
  items(inbox: string, ids: readonly string[], signal?: AbortSignal): AsyncGenerator<Item[], void>;
}

/** `inbox` is a name encoded by encodeName; ids have the form `<ms>-<number>`. */
export function createInboxReader(client: RedisClient): InboxReader {
  const repaired = createRepair(client);
  /** Returns the number of unread items, or undefined if the action is not complete. */
  async function mark(
    inbox: string,
    args: (string | number)[],
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    signal?.throwIfAborted();
    const { items, state, read, unread } = inboxKeys(inbox);
    const reply = await runScript(client, markScript, [items, state, read, unread], args);
    const [count, isDone, isWrong] = reply as [number, number, number];
    if (isDone === 0) return undefined;
    return isWrong === 1 ? (await readRepaired(inbox, signal)).unread : count;
  }
  /** Returns how many of the items exist. */
  async function star(inbox: string, ids: readonly string[], on: boolean): Promise<number> {
    const { items, starred } = inboxKeys(inbox);
    return (await runScript(client, starScript, [items, starred], [on ? '1' : '0', ...ids])) as number;
  }
  async function read(inbox: string, query: PageQuery, signal?: AbortSignal): Promise<Page> {
    const found: Item[] = [];
    let { before, after } = query;
    let room = MOST_BYTES;
    for (;;) {
      signal?.throwIfAborted();
      const rest = { ...query, before, after, limit: query.limit - found.length };
      const {
        vanished: _,
        isMiscounted: _is,
        ...page
      } = await repaired(inbox, () => readPage(client, inbox, rest, room), signal);
      found.push(...page.items);
      for (const item of page.items) room -= item.postJson.length;
      const isFull = found.length >= query.limit || room <= 0;
      if (page.next === null || isFull) return { ...page, items: found };
      if (after === undefined) before = page.next;
      else after = page.next;
    }
  }
  const readRepaired = (inbox: string, signal?: AbortSignal) =>
    repaired(inbox, () => readSummary(client, inbox), signal);
  const items: InboxReader['items'] = (inbox, ids, signal) => readItems(client, inbox, ids, signal);
  return {
    async summary(inbox, signal) {
      const { vanished: _, isMiscounted: _is, ...summary } = await readRepaired(inbox, signal);
      return summary;
    },
    bySubscription: (inbox, signal) => countBySubscription(client, inbox, signal),
    async page(inbox, query, signal) {
      const page = await read(inbox, query, signal);
      return { ...page, items: await withTitles(client, page.items) };
    },
    search: createSearch({ scan: (...asked) => scan(client, ...asked), items, counts: readRepaired }),
    async markRead(inbox, what, signal) {
      const args = 'ids' in what ? ['read', ...what.ids] : ['up-to', what.upTo, LOOK_AT_MOST];
      for (;;) {
        const unread = await mark(inbox, args, signal);
        if (unread !== undefined) return unread;
      }
    },
    async markUnread(inbox, ids, signal) {
      return (await mark(inbox, ['unread', ...ids], signal))!;
    },
    star: async (inbox, id, on) => (await star(inbox, [id], on)) === 1,
    async starAll(inbox, ids, on, signal) {
      for (let at = 0; at < ids.length; at += STAR_AT_ONCE) {
        signal?.throwIfAborted();
        await star(inbox, ids.slice(at, at + STAR_AT_ONCE), on);
      }
    },
    items,
  };
}

type SummaryReply = [number, number, string, string, number, string, number, number];

async function readSummary(client: RedisClient, inbox: string): Promise<Summary & Condition> {
  const { items, state, read, unread: kept, seen, gone } = inboxKeys(inbox);
  const keys = [items, state, read, kept, seen, gone];
  const reply = (await runScript(client, summaryScript, keys, [])) as SummaryReply;
  const [total, unread, oldest, newest, gap, gapUntil, vanished, isMiscounted] = reply;
  return {
    total,
    unread,
    oldest: oldest || null,
    newest: newest || null,
    gap: gapOf(gap, gapUntil),
    vanished,
    isMiscounted: isMiscounted === 1,
  };
}
