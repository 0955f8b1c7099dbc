/**
 * Walks the list of inboxes and maintains each: its limits are applied even if nothing was delivered to it lately, and the posts
 * that it shares live as long as its items.
 */
import type { Config } from '../../config/config.ts';
import { redisNow } from '../../redis/clock.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { INBOX_LIST_PARTS, inboxKeys } from '../../redis/keys.ts';
import type { InboxList } from '../inbox-list.ts';
import { createBounds, type OnTrouble } from '../write/bounds.ts';
import { earlierVersions } from '../write/earlier-versions.ts';
import { keepBodies } from './bodies.ts';
import type { Step } from './pace.ts';

export interface SweepPlace {
  /** Of the list. */
  part: number;
  /** The last inbox that was maintained. */
  after: string;
}

const INBOXES_AT_ONCE = 50;
/** Each call blocks Redis for a few ms at most; in one pipeline, other clients would wait for all of them. */
const BOUNDED_AT_ONCE = 5;

export function createSweep(
  client: RedisClient,
  list: InboxList,
  limits: Config['inbox'],
  onTrouble: OnTrouble,
): Step<SweepPlace> {
  const bounds = createBounds(client, limits, onTrouble, earlierVersions(client, limits.seenWindowMs));
  return async ({ part, after } = { part: 0, after: '' }, pace) => {
    const inboxes = await pace(() => list.part(part, after, INBOXES_AT_ONCE));
    const nowMs = await redisNow(client);
    const conditions = await pace(() =>
      Promise.all(inboxes.map((inbox) => conditionOf(client, inbox, nowMs))),
    );
    const those = (what: keyof Condition) => inboxes.filter((_, at) => conditions[at]![what]);
    for (const inbox of those('isGone')) await list.remove(inbox);
    const toBound = those('mayHaveOldItems');
    for (let at = 0; at < toBound.length; at += BOUNDED_AT_ONCE)
      await pace(() => bounds.apply(toBound.slice(at, at + BOUNDED_AT_ONCE)));
    for (const inbox of those('mayOutliveBodies'))
      await keepBodies(client, inbox, limits.maxAgeMs, pace, onTrouble).catch((error: Error) => {
        if (!error.message.includes('WRONGTYPE')) throw error;
        onTrouble(`posts of inbox ${inbox}`, error);
      });
    if (inboxes.length === INBOXES_AT_ONCE) return { part, after: inboxes.at(-1)! };
    return part + 1 < INBOX_LIST_PARTS ? { part: part + 1, after: '' } : undefined;
  };
}

interface Condition {
  /** A name without any key: it was erased while it was being listed. */
  isGone: boolean;
  mayHaveOldItems: boolean;
  mayOutliveBodies: boolean;
}

async function conditionOf(client: RedisClient, inbox: string, nowMs: number): Promise<Condition> {
  const { items, state, feedTokens, subscriptions } = inboxKeys(inbox);
  const [hasItems, hasState, others, [nextSweep, nextRenewal]] = await Promise.all([
    client.exists(items),
    client.exists(state),
    client.exists(feedTokens, subscriptions),
    client.hmget(state, 'next_sweep', 'next_renewal').catch((error: Error) => {
      // The limits report it.
      if (error.message.startsWith('WRONGTYPE')) return [];
      throw error;
    }),
  ]);
  const isDue = (time: string | null | undefined) => nowMs >= Number(time ?? 0);
  return {
    isGone: hasItems + hasState + others === 0,
    mayHaveOldItems: hasItems + hasState > 0 && isDue(nextSweep),
    mayOutliveBodies: hasItems > 0 && isDue(nextRenewal),
  };
}
