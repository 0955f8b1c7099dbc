/** Lanes that exist in Redis, whatever SKYWIRE_STREAM lists: a lane outlives the setting that created it. Opens nothing. */
import type { RedisClient } from '../redis/connections.ts';
import { booksKeys, laneName, payloadsKey, queuePrefix } from '../redis/keys.ts';

export interface ExistingLane {
  name: string;
  /** Neither unfinished nor failed jobs, and nothing open in its books. */
  isEmpty: boolean;
}

/** Lanes are numbered without gaps, unless an operator removed one; the search ends after this many missing ones. */
const GAP = 16;

/** From the nth on, from 0. */
export async function findLanes(client: RedisClient, from: number): Promise<ExistingLane[]> {
  const found: ExistingLane[] = [];
  for (let at = from; ; at += GAP) {
    const names = Array.from({ length: GAP }, (_, n) => laneName(at + n));
    const block = (await Promise.all(names.map((name) => lookFor(client, name)))).filter(
      (one) => one !== undefined,
    );
    if (!block.length) return found;
    found.push(...block);
  }
}

const holding = ['wait', 'paused', 'active', 'prioritized', 'delayed', 'failed'];

async function lookFor(client: RedisClient, name: string): Promise<ExistingLane | undefined> {
  const key = (suffix: string) => `${queuePrefix(name)}:${name}:${suffix}`;
  const { books, open } = booksKeys(name);
  const [held, known] = await Promise.all([
    client.exists(...holding.map(key), open, payloadsKey(name)),
    client.exists(key('meta'), books),
  ]);
  return held || known ? { name, isEmpty: !held } : undefined;
}
