/** Reads through an inbox for a search: posts alone, in steps that are small enough for everything else to get its turn. */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';
import { type Bodied, withBodies } from './bodies.ts';
import { cursorOf, oldestOf, type PageQuery } from './read-page.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('scan.lua'), ...readState, here('chunk.lua'));

/** Of one step. */
const LOOK_AT_MOST = 200;
const MOST_BYTES = 1_000_000;

export interface Scanned extends Bodied {
  id: string;
}

/** `limit` and the conditions on read state, stars and subscription do not count here. `next`: null at the end. */
export async function scan(
  client: RedisClient,
  inbox: string,
  query: Pick<PageQuery, 'before' | 'after' | 'sinceMs'>,
): Promise<{ posts: Scanned[]; next: string | null }> {
  const direction = query.after === undefined ? 'before' : 'after';
  const args = [direction, cursorOf(direction, query[direction]), oldestOf(query.sinceMs)];
  const keys = [inboxKeys(inbox).items];
  const reply = await runScript(client, script, keys, [...args, LOOK_AT_MOST, MOST_BYTES]);
  const [next, parts] = reply as [next: string, parts: string[]];
  const posts: Scanned[] = [];
  for (let at = 0; at < parts.length; at += 3)
    posts.push({ id: parts[at]!, postJson: parts[at + 1]!, identity: parts[at + 2]! });
  const found = await withBodies(client, posts, MOST_BYTES);
  return { posts: found, next: found.length < posts.length ? found.at(-1)!.id : next || null };
}
