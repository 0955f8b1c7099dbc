/**
 * Extends the lives of posts that inboxes share. A post's key expires a while after its last delivery, by the setting of that day. But
 * an item may stay longer, if it is starred or INBOX_MAX_AGE_DAYS was raised. So each older item renews its post.
 */
import { Cluster } from 'ioredis';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys, postKey } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { OnTrouble } from '../write/bounds.ts';
import { LONGER_THAN_ITEMS_MS } from '../write/shared-bodies.ts';
import type { Pace } from './pace.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const itemsScript = loadScript(here('shared-items.lua'), here('../item.lua'));
const keepScript = loadScript(here('keep-bodies.lua'));

const DAY_MS = 86_400_000;
/** A delivery gives a post at least 31 days: an item is checked when it is 10 to 20 days old, and then every 10 days. */
const RENEW_EVERY_MS = 10 * DAY_MS;
/** For posts of items that stay for ever: maintenance must run again within this time. */
const FOR_EVER_MS = 365 * DAY_MS;
const LOOK_AT_MOST = 200;
const MOST_BYTES = 1_000_000;

/** Of one inbox. `maxAgeMs`: how long an item is kept, 0 = for ever. */
export async function keepBodies(
  client: RedisClient,
  inbox: string,
  maxAgeMs: number,
  pace: Pace,
  onTrouble: OnTrouble,
): Promise<void> {
  const { items, state, starred } = inboxKeys(inbox);
  let missing = 0;
  for (let after = ''; ; ) {
    const args = [after, RENEW_EVERY_MS, RENEW_EVERY_MS, LOOK_AT_MOST, MOST_BYTES];
    const reply = await pace(() => runScript(client, itemsScript, [items, state, starred], args));
    const [now, next, ...rows] = reply as [string, string, ...(string | number)[]];
    const wanted: [key: string, until: number][] = [];
    for (let at = 0; at < rows.length; at += 3) {
      const staysForEver = rows[at + 2] === 1 || maxAgeMs === 0;
      const until = staysForEver
        ? Number(now) + FOR_EVER_MS
        : Number(rows[at + 1]) + maxAgeMs + LONGER_THAN_ITEMS_MS;
      wanted.push([postKey(String(rows[at])), until]);
    }
    missing += await pace(() => keepAll(client, wanted));
    if (next === '') break;
    after = next;
  }
  if (missing > 0) onTrouble(`inbox ${inbox}`, new Error(`the posts of ${missing} items have expired`));
}

/** Returns how many are no longer there. */
async function keepAll(
  client: RedisClient,
  wanted: readonly [key: string, until: number][],
): Promise<number> {
  if (wanted.length === 0) return 0;
  const calls = client instanceof Cluster ? wanted.map((one) => [one]) : [wanted];
  const missing = await Promise.all(
    calls.map((call) =>
      runScript(
        client,
        keepScript,
        call.map(([key]) => key),
        call.map(([, until]) => until),
      ),
    ),
  );
  return (missing as number[]).reduce((sum, count) => sum + count, 0);
}
