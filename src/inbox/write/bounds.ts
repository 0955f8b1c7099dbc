/** Applies the limits of inboxes after a write. */
import { CANARY } from '../../../queues/index.ts';
import type { Config } from '../../config/config.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { keyTypes, loadScript, runScripts } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(
  here('bound.lua'),
  keyTypes,
  ...readState,
  here('item-state.lua'),
  here('../removed.lua'),
  here('remember.lua'),
);

/** More than one call of write.lua adds to an inbox, so an inbox shrinks with every write; and Redis is blocked for a few ms only. */
const REMOVE_AT_ONCE = 500;
/** After a limit was lowered: the rest goes with later writes, so that no write takes long. */
const FURTHER_CALLS = 200;
/** Nobody reads the canary's inbox. */
const MOST_CANARIES = 100;
const LONGEST_SWEEP_PAUSE_MS = 3_600_000;

/** The write itself succeeded, so its caller continues. */
export type OnTrouble = (where: string, error: Error) => void;

export interface Bounds {
  sweepEveryMs: number;
  /** 0: no limit. */
  mostItems(inbox: string): number;
  /** Inboxes are named once for each call of write.lua that left them over their limits. */
  apply(inboxes: readonly string[]): Promise<void>;
}

export function createBounds(
  client: RedisClient,
  { maxItems, maxAgeMs, seenWindowMs }: Config['inbox'],
  onTrouble: OnTrouble,
  earlierVersionsUntilMs: () => Promise<number>,
): Bounds {
  const sweepEveryMs = sweepPause(maxAgeMs, seenWindowMs);
  const mostItems = (inbox: string) => (inbox === CANARY ? MOST_CANARIES : maxItems);

  /** Returns the inboxes in which there is more to remove. */
  async function applyOnce(inboxes: readonly string[]): Promise<string[]> {
    const rest = [maxAgeMs, seenWindowMs, sweepEveryMs, REMOVE_AT_ONCE, await earlierVersionsUntilMs()];
    const calls = inboxes.map((inbox) => ({ keys: allKeys(inbox), args: [mostItems(inbox), ...rest] }));
    const replies = await runScripts(client, script, calls);
    return inboxes.filter((inbox, at) => {
      const reply = replies[at]!;
      if (reply.status === 'fulfilled') return reply.value === 1;
      onTrouble(`limits of inbox ${inbox} not applied`, reply.reason as Error);
      return false;
    });
  }

  return {
    sweepEveryMs,
    mostItems,
    async apply(inboxes) {
      let over = await applyOnce(inboxes);
      for (let calls = FURTHER_CALLS; over.length > 0 && calls > 0; ) {
        const next = [...new Set(over)].slice(0, calls);
        calls -= next.length;
        over = await applyOnce(next);
      }
    },
  };
}

/** How often ages are checked: an item is removed at most this late, at most 3 % of its lifetime. */
function sweepPause(maxAgeMs: number, seenWindowMs: number): number {
  const life = Math.min(seenWindowMs, maxAgeMs || Number.POSITIVE_INFINITY);
  return Math.max(1, Math.min(LONGEST_SWEEP_PAUSE_MS, Math.floor(life / 32)));
}

/** As restore.lua and bound.lua take them. */
export function allKeys(inbox: string): string[] {
  const { items, seen, state, merged, read, unread, starred, gone, removed } = inboxKeys(inbox);
  return [items, seen, state, merged, read, unread, starred, gone, removed];
}
