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

/** Reads, and if the counts are wrong repairs them and reads again. */
export async function repaired<Found extends Condition>(
  client: RedisClient,
  inbox: string,
  read: () => Promise<Found>,
): Promise<Found> {
  let found = await read();
  if (found.vanished > 0) {
    await mend(client, inbox);
    found = await read();
  }
  if (found.isMiscounted) {
    await recount(client, inbox);
    found = await read();
  }
  return found;
}

async function mend(client: RedisClient, inbox: string): Promise<void> {
  const { items, seen, state, merged, read, unread, starred, gone } = inboxKeys(inbox);
  const keys = [items, seen, state, merged, read, unread, starred, gone];
  let cursor = '0';
  do {
    cursor = (await runScript(client, mendScript, keys, [cursor, MEND_AT_ONCE])) as string;
  } while (cursor !== '0');
}

async function recount(client: RedisClient, inbox: string): Promise<void> {
  const { items, state, read, unread } = inboxKeys(inbox);
  const keys = [items, state, read, unread];
  while ((await runScript(client, recountScript, keys, [RECOUNT_AT_ONCE])) === 1);
}
