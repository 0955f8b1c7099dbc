/** Repairs the counts of an inbox: another program removed items from it, or an earlier version left its number of unread items wrong. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { keyTypes, loadScript, runScript } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';
import type { Condition } from './read-page.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const mendScript = loadScript(here('mend.lua'), keyTypes, ...readState);
const recountScript = loadScript(here('recount.lua'), keyTypes, ...readState);

const MEND_AT_ONCE = 200;
const RECOUNT_AT_ONCE = 500;

/** Number of inboxes for which the progress of an abandoned repair is remembered. */
const MOST_BEGUN = 1_000;

/** Reads, and if the counts are wrong repairs them and reads again. */
export type Repair = <Found extends Condition>(
  inbox: string,
  read: () => Promise<Found>,
  signal?: AbortSignal,
) => Promise<Found>;

export function createRepair(client: RedisClient): Repair {
  /** Where the next repair continues: a large inbox could not be repaired within the time of one request. */
  const begun = new Map<string, string>();

  async function mend(inbox: string, signal?: AbortSignal): Promise<void> {
    const { items, seen, state, merged, read, unread, starred, gone } = inboxKeys(inbox);
    const keys = [items, seen, state, merged, read, unread, starred, gone];
    let cursor = begun.get(inbox) ?? '0';
    do {
      signal?.throwIfAborted();
      cursor = (await runScript(client, mendScript, keys, [cursor, MEND_AT_ONCE])) as string;
      begun.delete(inbox);
      if (cursor !== '0') begun.set(inbox, cursor);
      if (begun.size > MOST_BEGUN) begun.delete(begun.keys().next().value!);
    } while (cursor !== '0');
  }

  return async (inbox, read, signal) => {
    let found = await read();
    if (found.vanished > 0) {
      await mend(inbox, signal);
      found = await read();
    }
    if (found.isMiscounted) {
      await recount(client, inbox, signal);
      found = await read();
    }
    return found;
  };
}

/** Continues where an earlier recount ended: the read mark shows how far it came. */
async function recount(client: RedisClient, inbox: string, signal?: AbortSignal): Promise<void> {
  const { items, state, read, unread } = inboxKeys(inbox);
  const keys = [items, state, read, unread];
  for (let hasMore = true; hasMore; ) {
    signal?.throwIfAborted();
    hasMore = (await runScript(client, recountScript, keys, [RECOUNT_AT_ONCE])) === 1;
  }
}
