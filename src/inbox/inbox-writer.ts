/** Writes matches into inboxes: one script call for each inbox of a batch. Implements the processors' port `Inboxes`. */
import type { Inboxes, WriteResult } from '../../processors/index.ts';
import { CANARY } from '../../queues/index.ts';
import type { Config } from '../config.ts';
import type { RedisClient } from '../redis/connections.ts';
import { inboxKeys } from '../redis/keys.ts';
import { loadScript, runScripts, type Script, type ScriptArg, type ScriptCall } from '../redis/scripts.ts';
import { groupByInbox, type InboxCall } from './inbox-calls.ts';
import { shareBodies } from './shared-bodies.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const itemState = [here('read-state.lua'), here('item-state.lua')];
const writeScript = loadScript(here('write.lua'));
const restoreScript = loadScript(here('restore.lua'), ...itemState);
const boundScript = loadScript(here('bound.lua'), ...itemState);

/** What write.lua and restore.lua say of a post. */
const results = [undefined, 'delivered', 'duplicate', 'merged'] as const;
const ITEM_IS_GONE = 4;

/** Items that one call of bound.lua removes beyond those that came: the rest goes with the next writes. */
const REMOVE_AT_ONCE = 200;
/** Nobody reads the inbox of our own test matches. */
const MOST_CANARIES = 100;
const LONGEST_SWEEP_PAUSE_MS = 3_600_000;

export function createInboxWriter(client: RedisClient, bounds: Config['inbox']): Inboxes {
  const { maxItems, maxAgeMs, seenWindowMs } = bounds;
  const sweepEveryMs = sweepPause(bounds);
  const mostItems = (inbox: string) => (inbox === CANARY ? MOST_CANARIES : maxItems);
  return {
    async write(deliveries) {
      const written: WriteResult[] = Array.from({ length: deliveries.length });
      const bodies = await shareBodies(client, deliveries, bounds);
      const calls = groupByInbox(deliveries, written);
      const post = (place: number): ScriptArg[] => {
        const { identity, postJson } = deliveries[place]!.match;
        return [identity, bodies.has(identity) ? '' : postJson];
      };
      const write = calls.map(({ inbox, places, matchedBy }) => {
        const { items, seen, state, merged } = inboxKeys(inbox);
        const args: ScriptArg[] = [mostItems(inbox), sweepEveryMs];
        for (const [at, place] of places.entries()) {
          const { json, subscriptionBytes } = matchedBy[at]!;
          args.push(...post(place), json, subscriptionBytes);
        }
        return { keys: [items, seen, state, merged], args };
      });
      const again: InboxCall[] = [];
      const toBound: string[] = [];
      await run(client, writeScript, write, calls, written, (call, codes) => {
        const gone = call.places.flatMap((_, at) => (codes[at] === ITEM_IS_GONE ? [at] : []));
        if (gone.length) {
          const pick = <One>(list: readonly One[]) => gone.map((at) => list[at]!);
          again.push({ ...call, places: pick(call.places), matchedBy: pick(call.matchedBy) });
        }
        if (codes.at(-1) === 1) toBound.push(call.inbox);
      });
      const restore = again.map(({ inbox, places, matchedBy }) => ({
        keys: allKeys(inbox),
        args: places.flatMap((place, at) => [...post(place), matchedBy[at]!.json]),
      }));
      await run(client, restoreScript, restore, again, written);
      const bound = [maxAgeMs, seenWindowMs, sweepEveryMs, REMOVE_AT_ONCE + deliveries.length];
      await runScripts(
        client,
        boundScript,
        toBound.map((inbox) => ({ keys: allKeys(inbox), args: [mostItems(inbox), ...bound] })),
      );
      return written;
    },
  };
}

/** Ages are looked at now and then: an item goes at most this much late, which is 3 % of its life at the most. */
function sweepPause({ maxAgeMs, seenWindowMs }: Config['inbox']): number {
  const life = Math.min(seenWindowMs, maxAgeMs || Number.POSITIVE_INFINITY);
  return Math.max(1, Math.min(LONGEST_SWEEP_PAUSE_MS, Math.floor(life / 32)));
}

function allKeys(inbox: string): string[] {
  const { items, seen, state, merged, read, unread, starred, gone } = inboxKeys(inbox);
  return [items, seen, state, merged, read, unread, starred, gone];
}

/** A key of another type under an inbox's name is that inbox's trouble; every other error is an outage of the whole. */
async function run(
  client: RedisClient,
  script: Script,
  scriptCalls: readonly ScriptCall[],
  calls: readonly InboxCall[],
  written: WriteResult[],
  look?: (call: InboxCall, codes: readonly number[]) => void,
): Promise<void> {
  const replies = await runScripts(client, script, scriptCalls);
  for (const [n, reply] of replies.entries()) {
    const call = calls[n]!;
    if (reply.status === 'fulfilled') {
      const codes = reply.value as number[];
      for (const [at, place] of call.places.entries()) written[place] = results[codes[at]!] ?? 'duplicate';
      look?.(call, codes);
      continue;
    }
    const { message } = reply.reason as Error;
    if (!/\bWRONGTYPE\b/.test(message)) throw reply.reason;
    for (const place of call.places) written[place] = { refused: message };
  }
}
