/**
 * Erases a person: registrations, feed tokens, items and all state. In this order, so that matches routed to the person before are
 * older than the erasure, and refused if written later.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { erasedKey, erasuresKey, inboxKeys, nameHash } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { forgetTitle } from '../../subscriptions/titles.ts';
import type { FeedTokens } from '../feed-tokens.ts';
import type { InboxList } from '../inbox-list.ts';

const script = loadScript(new URL('erase.lua', import.meta.url));

/** `inbox`: encoded. Idempotent; after an error in between, call it again. */
export type Erase = (inbox: string) => Promise<void>;

export interface EraseDeps {
  client: RedisClient;
  list: InboxList;
  feedTokens: FeedTokens;
  directory: Directory;
  /** How long a replay may bring back older matches. */
  rememberMs: number;
}

/** A retry means that somebody registered the person, or created a token, in between. */
const TRIES = 20;
const AT_ONCE = 100;
/** For web processes with open streams, which look every second. */
const NOTICES = 1_000;

export function createErase({ client, list, feedTokens, directory, rememberMs }: EraseDeps): Erase {
  /** Returns the entries of the subscriber's list of subscriptions. */
  async function endRegistrations(inbox: string): Promise<string[]> {
    const listed = await client.hgetall(inboxKeys(inbox).subscriptions).catch(ofAnotherType);
    const subscriptions = Object.keys(listed);
    for (let at = 0; at < subscriptions.length; at += AT_ONCE)
      await Promise.all(subscriptions.slice(at, at + AT_ONCE).map((one) => directory.unregister(one, inbox)));
    return Object.entries(listed).flat();
  }

  async function revokeTokens(inbox: string): Promise<void> {
    const tokens = await feedTokens.list(inbox).catch(ofAnotherType);
    await Promise.all(Object.values(tokens).map(({ id }) => feedTokens.revoke(inbox, id)));
  }

  return async (inbox) => {
    const keys = inboxKeys(inbox);
    const all = [erasedKey(inbox), keys.feedTokens, keys.subscriptions, ...Object.values(keys)];
    for (let tries = 1; ; tries += 1) {
      if (tries > TRIES)
        throw new Error(
          `inbox ${inbox} received registrations or feed tokens while it was being erased: repeat the call`,
        );
      const ended = await endRegistrations(inbox);
      await revokeTokens(inbox);
      if ((await runScript(client, script, all, [rememberMs, ...ended])) === 1) break;
    }
    await forgetTitle(client, inbox);
    await list.remove(inbox);
    await client.xadd(erasuresKey, 'MAXLEN', '~', NOTICES, '*', 'inbox', nameHash(inbox));
    await client.pexpire(erasuresKey, rememberMs);
  };
}

/** A key of another program under this name is removed, too. */
function ofAnotherType(error: Error): Record<string, never> {
  if (!error.message.startsWith('WRONGTYPE')) throw error;
  return {};
}
