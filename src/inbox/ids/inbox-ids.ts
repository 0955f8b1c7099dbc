/** Lists of ids of an inbox, without posts: which item matched which subscription first, is unread, is starred. */
import type { RedisClient } from '../../redis/connections.ts';
import { readFlags } from './flags.ts';
import { emptyIndex, refreshed } from './id-index.ts';
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
  /** As it is now. `inbox`: encoded. */
  read(inbox: string): Promise<IdsView>;
}

export function createInboxIds(client: RedisClient): InboxIds {
  return {
    async read(inbox) {
      const { table, newest } = await refreshed(client, inbox, emptyIndex);
      // Afterwards: a mark may have passed what the table does not know, never the other way round.
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
