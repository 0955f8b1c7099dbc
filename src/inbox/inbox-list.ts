/**
 * The names of all inboxes, in order. Workers add an inbox before its first item; `maintenance/fill.ts` adds inboxes that existed
 * before the list did, or that a worker of an earlier version created. Names are encoded (encodeName).
 */
import { hash } from 'node:crypto';
import { CANARY } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { INBOX_LIST_PARTS, inboxListKey } from '../redis/keys.ts';

export interface InboxList {
  add(inboxes: readonly string[]): Promise<void>;
  remove(inbox: string): Promise<void>;
  /** By name. `next`: the `after` of the next page, null at the end. */
  page(query: {
    prefix?: string;
    after?: string;
    limit: number;
  }): Promise<{ names: string[]; next: string | null }>;
  /** Names in one of the INBOX_LIST_PARTS, in order, after `after` ('': from the start). */
  part(part: number, after: string, limit: number): Promise<string[]>;
}

/** Names are ASCII, and this sorts after every character of a name. */
const AFTER_ALL = '\x7f';

export function createInboxList(client: RedisClient): InboxList {
  const range = (part: number, min: string, max: string, limit: number) =>
    client.zrange(inboxListKey(part), min, max, 'BYLEX', 'LIMIT', 0, limit);
  return {
    async add(inboxes) {
      const parts = new Map<number, (string | number)[]>();
      for (const inbox of inboxes) {
        // The canary's inbox belongs to nobody.
        if (inbox === CANARY) continue;
        const part = parts.get(partOf(inbox)) ?? [];
        parts.set(partOf(inbox), part);
        part.push(0, inbox);
      }
      await Promise.all([...parts].map(([part, rows]) => client.zadd(inboxListKey(part), ...rows)));
    },
    async remove(inbox) {
      await client.zrem(inboxListKey(partOf(inbox)), inbox);
    },
    async page({ prefix = '', after = '', limit }) {
      const min = after !== '' && after >= prefix ? `(${after}` : prefix === '' ? '-' : `[${prefix}`;
      const max = prefix === '' ? '+' : `(${prefix}${AFTER_ALL}`;
      const parts = Array.from({ length: INBOX_LIST_PARTS }, (_, part) => range(part, min, max, limit + 1));
      const found = (await Promise.all(parts)).flat().sort(byBytes);
      const names = found.slice(0, limit);
      return { names, next: found.length > limit ? names.at(-1)! : null };
    },
    part: (part, after, limit) => range(part, after === '' ? '-' : `(${after}`, '+', limit),
  };
}

const partOf = (inbox: string): number => Number.parseInt(hash('sha1', inbox, 'hex')[0]!, INBOX_LIST_PARTS);
const byBytes = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
