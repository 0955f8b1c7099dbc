/** Reads inboxes and marks items read, unread or starred. API, feeds and streams all read items here. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';
import { gapOf, type Item, LOOK_AT_MOST, type Page, type PageQuery, readPage } from './read-page.ts';

export type { Item, Page, PageQuery } from './read-page.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const markScript = loadScript(here('mark.lua'), ...readState);
const repairScript = loadScript(here('mend.lua'), ...readState);
const starScript = loadScript(here('star.lua'));
const summaryScript = loadScript(here('summary.lua'));

/** A page of large posts ends early; its `next` goes on. */
const MOST_BYTES = 8_000_000;
const REPAIR_AT_ONCE = 200;

/** With the ids of the oldest and newest item, null if the inbox is empty. */
export interface Summary extends Omit<Page, 'items' | 'next'> {
  oldest: string | null;
  newest: string | null;
}

export interface InboxReader {
  summary(inbox: string): Promise<Summary>;
  page(inbox: string, query: PageQuery): Promise<Page>;
  /** Both return the number of unread items. Unknown ids are ignored. */
  markRead(inbox: string, what: { ids: string[] } | { upTo: string }): Promise<number>;
  markUnread(inbox: string, ids: string[]): Promise<number>;
  /** false: no such item. */
  star(inbox: string, id: string, on: boolean): Promise<boolean>;
}

/** `inbox` is a name encoded by encodeName; ids have the form `<ms>-<number>`. */
export function createInboxReader(client: RedisClient): InboxReader {
  async function mark(inbox: string, args: (string | number)[]): Promise<[unread: number, done: number]> {
    const { items, state, read, unread } = inboxKeys(inbox);
    return (await runScript(client, markScript, [items, state, read, unread], args)) as [number, number];
  }
  /** Repairs the counts and reads again if another program removed items. */
  async function repaired<Found extends { vanished: number }>(
    inbox: string,
    read: () => Promise<Found>,
  ): Promise<Found> {
    const found = await read();
    if (found.vanished <= 0) return found;
    await repair(client, inbox);
    return read();
  }
  return {
    async summary(inbox) {
      const { vanished: _, ...summary } = await repaired(inbox, () => readSummary(client, inbox));
      return summary;
    },
    async page(inbox, query) {
      const found: Item[] = [];
      let { before, after } = query;
      let room = MOST_BYTES;
      for (;;) {
        const rest = { ...query, before, after, limit: query.limit - found.length };
        const { vanished: _, ...page } = await repaired(inbox, () => readPage(client, inbox, rest, room));
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

type SummaryReply = [number, number, string, string, number, string, number];

async function readSummary(client: RedisClient, inbox: string): Promise<Summary & { vanished: number }> {
  const { items, state, seen, gone } = inboxKeys(inbox);
  const reply = (await runScript(client, summaryScript, [items, state, seen, gone], [])) as SummaryReply;
  const [total, unread, oldest, newest, gap, gapUntil, vanished] = reply;
  return {
    total,
    unread,
    oldest: oldest || null,
    newest: newest || null,
    gap: gapOf(gap, gapUntil),
    vanished,
  };
}

async function repair(client: RedisClient, inbox: string): Promise<void> {
  const { items, seen, state, merged, read, unread, starred, gone } = inboxKeys(inbox);
  let cursor = '0';
  do {
    const keys = [items, seen, state, merged, read, unread, starred, gone];
    cursor = (await runScript(client, repairScript, keys, [cursor, REPAIR_AT_ONCE])) as string;
  } while (cursor !== '0');
}
