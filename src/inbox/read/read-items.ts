/** Items of an inbox by their ids, in parts, so that ten thousand of them are never in memory at once. */
import type { RedisClient } from '../../redis/connections.ts';
import { within } from '../../redis/deadline.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';
import { withBodies } from './bodies.ts';
import { type Item, type Row, toItem } from './read-page.ts';
import { withTitles } from './titles.ts';

const script = loadScript(new URL('items.lua', import.meta.url), ...readState);

const AT_ONCE = 200;
const MOST_BYTES = 4_000_000;
const ANSWER_WITHIN_MS = 5_000;

/** In the order of the ids; those that are not there are left out. Each part within 5 s, or it throws DeadlinePassed; none is read after the signal. */
export async function* readItems(
  client: RedisClient,
  inbox: string,
  ids: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Item[], void> {
  for (let at = 0; at < ids.length; ) {
    signal?.throwIfAborted();
    const some = ids.slice(at, at + AT_ONCE);
    const { items, looked } = await within(ANSWER_WITHIN_MS, readSome(client, inbox, some));
    at += looked;
    if (items.length > 0) yield items;
  }
}

async function readSome(client: RedisClient, inbox: string, ids: readonly string[]) {
  const { items, state, merged, read, unread, starred } = inboxKeys(inbox);
  const keys = [items, state, merged, read, unread, starred];
  const reply = await runScript(client, script, keys, [MOST_BYTES, ...ids]);
  const [looked, rows] = reply as [looked: number, rows: Row[]];
  const found = rows.map(toItem);
  const kept = await withBodies(client, found, MOST_BYTES);
  const next = found[kept.length];
  return { items: await withTitles(client, kept), looked: next ? ids.indexOf(next.id) : looked };
}
