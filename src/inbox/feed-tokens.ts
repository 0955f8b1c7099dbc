/**
 * Tokens for one inbox each, for feed readers and the reader page. A token is 256 random bits, returned only when it is created;
 * only its SHA-256 is stored.
 */
import { hash, randomBytes } from 'node:crypto';
import type { RedisClient } from '../redis/connections.ts';
import { feedTokenKey, inboxKeys, servedKey } from '../redis/keys.ts';
import { createInboxList } from './inbox-list.ts';

export const MAX_FEED_TOKENS = 100;

export interface FeedToken {
  id: string;
  label: string;
  createdAtMs: number;
}

export interface FeedTokens {
  /** undefined: the inbox already has MAX_FEED_TOKENS. */
  create(inbox: string, label: string): Promise<(FeedToken & { token: string }) | undefined>;
  /** Oldest first. */
  list(inbox: string): Promise<FeedToken[]>;
  /** From now on every request is refused; open streams end at their next heartbeat. false: no such token. */
  revoke(inbox: string, id: string): Promise<boolean>;
  /** undefined: not a token, or revoked. */
  inboxOf(token: string): Promise<string | undefined>;
}

const form = /^[A-Za-z0-9_-]{43}$/;
export const tokenHash = (token: string): string => hash('sha256', token, 'hex');

interface Kept {
  hash: string;
  label: string;
  created_at: number;
}

/** `inbox` is a name encoded by encodeName. */
export function createFeedTokens(client: RedisClient): FeedTokens {
  const list = createInboxList(client);
  return {
    async create(inbox, label) {
      const { feedTokens } = inboxKeys(inbox);
      const id = randomBytes(8).toString('hex');
      const token = randomBytes(32).toString('base64url');
      const kept: Kept = { hash: tokenHash(token), label, created_at: Date.now() };
      // Added to the list first, so that every valid token can be seen and revoked.
      await client.hset(feedTokens, id, JSON.stringify(kept));
      if ((await client.hlen(feedTokens)) > MAX_FEED_TOKENS) {
        await client.hdel(feedTokens, id);
        return undefined;
      }
      await client.set(feedTokenKey(kept.hash), inbox);
      await list.add([inbox]);
      // Revoked in between, by an erasure of the inbox.
      if (!(await client.hexists(feedTokens, id))) await client.del(feedTokenKey(kept.hash));
      return { id, token, label, createdAtMs: kept.created_at };
    },
    async list(inbox) {
      const all = Object.entries(await client.hgetall(inboxKeys(inbox).feedTokens));
      return all
        .map(([id, text]) => ({ id, kept: JSON.parse(text) as Kept }))
        .map(({ id, kept }) => ({ id, label: kept.label, createdAtMs: kept.created_at }))
        .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
    },
    async revoke(inbox, id) {
      const { feedTokens } = inboxKeys(inbox);
      const text = await client.hget(feedTokens, id);
      if (text === null) return false;
      const { hash } = JSON.parse(text) as Kept;
      await client.del(feedTokenKey(hash), servedKey(hash));
      return (await client.hdel(feedTokens, id)) === 1;
    },
    async inboxOf(token) {
      if (!form.test(token)) return undefined;
      return (await client.get(feedTokenKey(tokenHash(token)))) ?? undefined;
    },
  };
}
