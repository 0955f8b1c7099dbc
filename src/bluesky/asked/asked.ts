/**
 * Lookups requested and not answered yet, so that none is requested twice, or while nobody answers. A name is free → asked (by one
 * reader, for 60 s at most) → answered: free again; or failed: free after 5 s.
 */
import { LOOKUPS_PER_JOB } from '../../../queues/index.ts';
import { redisNow } from '../../redis/clock.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { askedServerKey, lookupKeys, queuePrefix } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';

const script = loadScript(new URL('claim.lua', import.meta.url));

const ASKED_FOR_MS = 60_000;
const AGAIN_MS = 5_000;
export const MOST_WAITING = 100;
const HERE_MS = 15_000;

export interface Claims {
  /** 0, or how long asking is pointless: there is no worker, or calls to the AppView are suspended. */
  closedMs: number;
  nowMs: number;
  isTaken: boolean[];
}

export interface Asked {
  /** In order of their kinds. `apiHost`: host of the AppView. */
  claim(wanted: readonly { kind: string; name: string }[]): Promise<Claims>;
  /** After they were answered; failed ones stay reserved for a moment. */
  release(names: readonly string[], failed: readonly string[]): Promise<void>;
  /** A worker announces its presence. */
  workerIsHere(): Promise<void>;
}

export function createAsked(client: RedisClient, apiUrl: string): Asked {
  const { asked, worker } = lookupKeys;
  const queue = (suffix: string): string => `${queuePrefix('enrich')}:enrich:${suffix}`;
  const keys = [
    asked,
    worker,
    queue('wait'),
    queue('delayed'),
    queue('meta'),
    askedServerKey('appview', new URL(apiUrl).host),
  ];
  return {
    async claim(wanted) {
      const rows = wanted.flatMap(({ kind, name }) => [kind, name]);
      const args = [ASKED_FOR_MS, LOOKUPS_PER_JOB, MOST_WAITING, ...rows];
      const [closedMs, nowMs, ...taken] = (await runScript(client, script, keys, args)) as [
        number,
        number,
        ...number[],
      ];
      return { closedMs, nowMs, isTaken: wanted.map((_, at) => taken[at] === 1) };
    },
    async release(names, failed) {
      if (names.length) await client.zrem(asked, ...names);
      if (!failed.length) return;
      const until = (await redisNow(client)) + AGAIN_MS;
      await client.zadd(asked, ...failed.flatMap((name) => [until, name]));
    },
    async workerIsHere() {
      await client.set(worker, '1', 'PX', HERE_MS);
    },
  };
}
