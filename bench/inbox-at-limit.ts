/** The memory of an inbox that has just become full, and of the same inbox after many more matches, which removed as many items. */
import type { Redis } from 'ioredis';
import { parseMatch } from '../queues/index.ts';
import { toConfig } from '../src/config/config.ts';
import { createInboxWriter } from '../src/inbox/write/inbox-writer.ts';
import { encodeName, inboxKeys } from '../src/redis/keys.ts';
import { matchOf, type Posts } from './matches.ts';

const ITEMS = 10_000;
const MATCHES = 200_000;
const AT_ONCE = 100;
const INBOX = 'bench-at-limit';

export interface AtLimit {
  items: number;
  matches: number;
  /** Of all keys of the inbox, by MEMORY USAGE. */
  freshBytes: number;
  fullBytes: number;
  /** Of what tells a removed post from a new one, a removed post. */
  bytesARemovedPost: number;
}

export async function measureInboxAtLimit(client: Redis, posts: Posts): Promise<AtLimit> {
  const limits = toConfig({ INBOX_MAX_ITEMS: String(ITEMS) }, { listens: () => false }).inbox;
  const writer = createInboxWriter(client, limits);
  const keys = Object.values(inboxKeys(encodeName(INBOX)!));
  const bytesOf = async (names: readonly string[]) => {
    const sizes = await Promise.all(names.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  };
  let [sent, freshBytes] = [0, 0];
  let deliveries = [];
  for await (const post of posts) {
    const parsed = parseMatch(matchOf(post, INBOX, sent).json);
    if (!('match' in parsed)) throw new Error(parsed.malformed);
    deliveries.push({ subscriber: INBOX, match: parsed.match });
    sent += 1;
    if (sent % AT_ONCE) continue;
    await writer.write(deliveries);
    deliveries = [];
    if (sent === ITEMS) freshBytes = await bytesOf(keys);
    if (sent === MATCHES) break;
  }
  const { items: itemsKey, removed, gone, seen } = inboxKeys(encodeName(INBOX)!);
  const items = await client.xlen(itemsKey);
  // An earlier form kept a removed post in `seen`, too.
  const tooMany = (await client.hlen(seen)) - items;
  const remembered = (await bytesOf([removed, gone])) + (tooMany > 0 ? await bytesOf([seen]) : 0);
  return {
    items,
    matches: sent,
    freshBytes,
    fullBytes: await bytesOf(keys),
    bytesARemovedPost: remembered / (sent - items),
  };
}
