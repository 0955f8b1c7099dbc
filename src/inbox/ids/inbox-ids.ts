/**
 * Lists of an inbox's ids, without posts: which subscription matched first, which items are unread or starred.
 *
 * The ids of inboxes in use are kept in memory, 16 bytes an entry, and updated at every request (id-index.ts); the least recently
 * used inbox is dropped first. Read state is never cached.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { readFlags } from './flags.ts';
import { emptyIndex, type IdIndex, MOST_IDS, refreshed } from './id-index.ts';
import { countBefore, type IdTable, idAt } from './id-table.ts';

export interface IdsView {
  table: IdTable;
  /** Id of the newest entry, '' if there is none. */
  newest: string;
  /** By place in the table. */
  isUnread(at: number): boolean;
  isStarred(at: number): boolean;
}

export interface InboxIds {
  /** The current state. `inbox`: encoded. Ends between two calls of Redis once the signal is aborted, and rejects with its reason. */
  read(inbox: string, signal?: AbortSignal): Promise<IdsView>;
}

/** About 32 MB. */
const MOST_ENTRIES = 2_000_000;
/** Overhead of an inbox, in entries. */
const INBOX_COSTS = 100;
/** Of an erased inbox, too, the names of subscriptions stay no longer. */
const FORGET_AFTER_MS = 3_600_000;

interface Kept {
  index: IdIndex;
  usedAtMs: number;
  /** One update after the other; each starts after the request that waits for it. */
  last: Promise<unknown>;
}

export interface InboxIdsOptions {
  /** Of all inboxes together. */
  mostEntries?: number;
  /** Of one: the newest. */
  mostIds?: number;
  /** Entries of the table from this place on were unknown, or dropped, and were read now. */
  onAdded?: (table: IdTable, start: number) => void;
}

export function createInboxIds(client: RedisClient, options: InboxIdsOptions = {}): InboxIds {
  const { mostEntries = MOST_ENTRIES, mostIds = MOST_IDS, onAdded } = options;
  /** In order of use. */
  const inboxes = new Map<string, Kept>();
  let entries = 0;
  const costs = ({ index }: Kept): number => INBOX_COSTS + index.table.length;

  function use(inbox: string): Kept {
    let kept = inboxes.get(inbox);
    if (kept) inboxes.delete(inbox);
    else {
      kept = { index: emptyIndex, usedAtMs: 0, last: Promise.resolve() };
      entries += costs(kept);
    }
    kept.usedAtMs = performance.now();
    inboxes.set(inbox, kept);
    return kept;
  }

  function keep(inbox: string, kept: Kept, index: IdIndex): void {
    const before = costs(kept);
    kept.index = index;
    if (inboxes.get(inbox) === kept) entries += costs(kept) - before;
    const forgottenBefore = performance.now() - FORGET_AFTER_MS;
    for (const [name, oldest] of inboxes) {
      if (entries <= mostEntries && oldest.usedAtMs > forgottenBefore) break;
      inboxes.delete(name);
      entries -= costs(oldest);
    }
  }

  function look(inbox: string, signal?: AbortSignal): Promise<IdIndex> {
    const kept = use(inbox);
    const looked = kept.last.then(async () => {
      const known = kept.index.newest.id;
      const index = await refreshed(client, inbox, kept.index, mostIds, signal);
      if (index.newest.id !== known)
        onAdded?.(index.table, known ? countBefore(index.table, known, true) : 0);
      keep(inbox, kept, index);
      return index;
    });
    // All waiting requests get the error; the next update starts where the last successful one ended.
    kept.last = looked.catch(() => undefined);
    return looked;
  }

  return {
    async read(inbox, signal) {
      const { table, newest } = await look(inbox, signal);
      // Read after the table: the mark may be ahead of the table, never behind it.
      const { mark, read, kept, starred } = await readFlags(client, inbox);
      const marked = countBefore(table, mark, true);
      return {
        table,
        newest: newest.id,
        isUnread(at) {
          if (at >= marked) return read.size === 0 || !read.has(idAt(table, at));
          return kept.size > 0 && kept.has(idAt(table, at));
        },
        isStarred: (at) => starred.size > 0 && starred.has(idAt(table, at)),
      };
    },
  };
}
