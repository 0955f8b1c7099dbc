/**
 * The ids of an inbox, read from Redis and updated later.
 *
 * A new id in a stream is always greater than all others. So the known ids and all later ones include every existing entry;
 * if the stream has as many entries, they are exactly those. Limits remove from the oldest end, except starred items in
 * between: then, and after another program removed something, ids are reread from the oldest on until the number is right.
 * After a failover, a restored backup or an erasure the newest known entry is gone: all ids are reread.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { DeadlinePassed } from '../../redis/deadline.ts';
import { countBefore, emptyTable, from, type Head, type IdTable, spliced } from './id-table.ts';
import { type Heads, type Known, nothingKnown, readHeads } from './read-heads.ts';

/** Of an inbox without INBOX_MAX_ITEMS: the newest. */
export const MOST_IDS = 100_000;
/** A table of the newest ids may grow by this much before it is cut again. */
const MAY_GROW = 1.1;
const MOST_REREADS = 5;

export interface IdIndex {
  table: IdTable;
  newest: Known;
  /** Of the stream when this was read. */
  total: number;
  oldest: string;
  /** false: the inbox has more entries than are kept, and the table the newest of them. */
  isWhole: boolean;
}

export const emptyIndex: IdIndex = {
  table: emptyTable,
  newest: nothingKnown,
  total: 0,
  oldest: '',
  isWhole: true,
};

/** Some of the inbox. */
type Read = (from: { direction: 'after' | 'before'; cursor: string }, known: Known) => Promise<Heads>;

/** Throws DeadlinePassed if the inbox changes faster than it can be read. */
export async function refreshed(
  client: RedisClient,
  inbox: string,
  known: IdIndex,
  most: number,
  signal?: AbortSignal,
): Promise<IdIndex> {
  const read: Read = (...asked) => {
    signal?.throwIfAborted();
    return readHeads(client, inbox, ...asked);
  };
  let index = known;
  let cursor = '';
  for (let rereads = 0; rereads <= MOST_REREADS; ) {
    const extended = await extend(read, index, most);
    if (extended && isRight(extended, index)) return shortened(extended, most);
    if (extended?.isWhole) [index, cursor] = await reread(read, extended, cursor);
    else [index, cursor] = [emptyIndex, ''];
    if (cursor === '') rereads += 1;
  }
  throw new DeadlinePassed(`the inbox ${inbox} changed while its ids were read`);
}

/** With all later entries; undefined: the stream has another history. */
async function extend(read: Read, index: IdIndex, most: number): Promise<IdIndex | undefined> {
  let { table, newest, isWhole } = index;
  let cursor = newest.id;
  const added: Head[] = [];
  for (;;) {
    const found = await read({ direction: 'after', cursor }, newest);
    if (!found.isThere) return undefined;
    if (cursor === '' && found.total > most) {
      const older = await newestPart(read, most);
      [table, cursor, isWhole] = [spliced(emptyTable, 0, older, 0), older.at(-1)?.id ?? '', false];
      continue;
    }
    added.push(...found.heads);
    if (found.heads.length > 0) [cursor, newest] = [found.last.id, found.last];
    if (found.hasMore) continue;
    if (added.length > 0) table = spliced(table, table.length, added, table.length);
    const start = found.oldest === '' ? table.length : countBefore(table, found.oldest);
    return { table: from(table, start), newest, total: found.total, oldest: found.oldest, isWhole };
  }
}

/** All but the newest, which `extend` reads. */
async function newestPart(read: Read, most: number): Promise<Head[]> {
  const heads: Head[] = [];
  for (let cursor = ''; heads.length < most; ) {
    const found = await read({ direction: 'before', cursor }, nothingKnown);
    heads.push(...found.heads);
    if (!found.hasMore) break;
    cursor = found.last.id;
  }
  return heads.slice(1, most).toReversed();
}

function isRight({ table, total, oldest, isWhole }: IdIndex, before: IdIndex): boolean {
  if (isWhole) return table.length === total;
  if (total < table.length) return false;
  if (before.isWhole) return true;
  // Of a part of the inbox only the ends can be compared: older entries are removed by age, from the oldest on.
  const added = table.length - countBefore(table, before.newest.id, true);
  return oldest !== before.oldest || total === before.total + added;
}

/** Rereads some ids after the cursor. The cursor is '' at the end. */
async function reread(read: Read, index: IdIndex, cursor: string): Promise<[IdIndex, string]> {
  const { table, newest } = index;
  const found = await read({ direction: 'after', cursor }, newest);
  if (!found.isThere) return [emptyIndex, ''];
  const before = cursor === '' ? 0 : countBefore(table, cursor, true);
  const heads = found.heads.filter(({ id }) => countBefore(table, id) < table.length);
  const last = heads.at(-1);
  const isEnd = !found.hasMore || heads.length < found.heads.length || !last;
  const behind = isEnd ? table.length : countBefore(table, last.id, true);
  return [{ ...index, table: spliced(table, before, heads, behind) }, isEnd ? '' : last.id];
}

function shortened(index: IdIndex, most: number): IdIndex {
  const { table, isWhole } = index;
  if (table.length <= (isWhole ? most : most * MAY_GROW)) return index;
  return { ...index, table: from(table, table.length - most), isWhole: false };
}
