/** Reads ids and first subscriptions of an inbox, some hundred at a time. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Head } from './id-table.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('heads.lua'), here('../item.lua'));

/** Bound how long one call blocks Redis. */
const AT_ONCE = 500;
const MOST_BYTES = 8_000_000;

/** The newest known entry: in another history of the stream it has another id or identity. */
export interface Known {
  id: string;
  identity: string;
}

export const nothingKnown: Known = { id: '', identity: '' };

export interface Heads {
  /** Entries of the stream in all, at this moment. */
  total: number;
  /** '' if there are none. */
  oldest: string;
  /** false: the entry that was known is no longer there. */
  isThere: boolean;
  hasMore: boolean;
  /** In the order in which they were read. */
  heads: Head[];
  last: Known;
}

type Reply = [number, string, number, number, string, string[]];

export async function readHeads(
  client: RedisClient,
  inbox: string,
  { direction, cursor }: { direction: 'after' | 'before'; cursor: string },
  known: Known,
): Promise<Heads> {
  const args = [direction, cursor, known.id, known.identity, AT_ONCE, MOST_BYTES];
  const reply = (await runScript(client, script, [inboxKeys(inbox).items], args)) as Reply;
  const [total, oldest, isThere, hasMore, identity, found] = reply;
  const heads: Head[] = [];
  let subscription: string | undefined;
  for (let at = 0; at < found.length; at += 2) {
    const head = found[at + 1]!;
    if (head !== '') subscription = head === '-' ? undefined : subscriptionOf(head);
    heads.push({ id: found[at]!, subscription });
  }
  const newest = heads.at(-1);
  return {
    total,
    oldest,
    isThere: isThere === 1,
    hasMore: hasMore === 1,
    heads,
    last: newest ? { id: newest.id, identity } : nothingKnown,
  };
}

/** Another program may have written it. */
function subscriptionOf(head: string): string {
  try {
    const { subscription_id } = JSON.parse(head.endsWith('}') ? head : `${head}}`) as Record<string, unknown>;
    return typeof subscription_id === 'string' ? subscription_id : '';
  } catch {
    return '';
  }
}
