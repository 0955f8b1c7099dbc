/** Writes matches into inboxes: a script call for many inboxes of a batch. Implements the processors' port `Inboxes`. */
import { Cluster, ReplyError } from 'ioredis';
import type { Delivery, Inboxes, WriteResult } from '../../../processors/index.ts';
import { CANARY } from '../../../queues/index.ts';
import type { Config } from '../../config/config.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScripts, type ScriptArg } from '../../redis/scripts.ts';
import { readState } from '../read-state.ts';
import { groupByInbox, groupCalls, type InboxCall } from './inbox-calls.ts';
import { shareBodies } from './shared-bodies.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const itemState = [...readState, here('item-state.lua')];
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

interface Asked {
  deliveries: readonly Delivery[];
  /** Identities of the posts whose bodies lie in keys of their own. */
  bodies: ReadonlySet<string>;
}

/** What write.lua leaves to the other scripts. */
interface Left {
  toRestore: InboxCall[];
  toBound: string[];
}

export function createInboxWriter(client: RedisClient, bounds: Config['inbox']): Inboxes {
  const { maxItems, maxAgeMs, seenWindowMs } = bounds;
  const sweepEveryMs = sweepPause(bounds);
  const mostItems = (inbox: string) => (inbox === CANARY ? MOST_CANARIES : maxItems);
  function writeArgs(group: readonly InboxCall[], asked: Asked): ScriptArg[] {
    const args: ScriptArg[] = [sweepEveryMs];
    for (const { inbox, places, matchedBy } of group) {
      args.push(mostItems(inbox), places.length);
      for (const place of places) args.push(identityOf(asked, place));
      for (const [at, place] of places.entries()) args.push(bodyOf(asked, place), matchedBy[at]!);
    }
    return args;
  }
  return {
    async write(deliveries) {
      const written: WriteResult[] = Array.from({ length: deliveries.length });
      const bodies = await shareBodies(client, deliveries, bounds);
      const calls = groupByInbox(deliveries, written);
      const asked = { deliveries, bodies };
      const groups = client instanceof Cluster ? calls.map((call) => [call]) : groupCalls(calls);
      const replies = await runScripts(
        client,
        writeScript,
        groups.map((group) => ({ keys: group.flatMap(writeKeys), args: writeArgs(group, asked) })),
      );
      const left: Left = { toRestore: [], toBound: [] };
      for (const [at, reply] of replies.entries()) {
        if (reply.status === 'rejected') throw reply.reason;
        settle(groups[at]!, reply.value as (number | string)[], written, left);
      }
      const { toRestore, toBound } = left;
      const restore = toRestore.map(({ inbox, places, matchedBy }) => ({
        keys: allKeys(inbox),
        args: places.flatMap((place, at) => [identityOf(asked, place), bodyOf(asked, place), matchedBy[at]!]),
      }));
      const restored = await runScripts(client, restoreScript, restore);
      for (const [at, reply] of restored.entries()) {
        if (reply.status === 'fulfilled') note(toRestore[at]!, reply.value as number[], written);
        else refuse(toRestore[at]!, reply.reason as Error, written);
      }
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

function writeKeys({ inbox }: InboxCall): string[] {
  const { items, seen, state, merged } = inboxKeys(inbox);
  return [items, seen, state, merged];
}

const identityOf = ({ deliveries }: Asked, place: number): string => deliveries[place]!.match.identity;

/** Empty where it lies in a key of its own. */
function bodyOf({ deliveries, bodies }: Asked, place: number): string {
  const { identity, postJson } = deliveries[place]!.match;
  return bodies.has(identity) ? '' : postJson;
}

/** Reads what write.lua answered for a group of calls: one flat list. */
function settle(
  group: readonly InboxCall[],
  answers: readonly (number | string)[],
  written: WriteResult[],
  left: Left,
): void {
  let from = 0;
  for (const call of group) {
    const answer = answers[from]!;
    if (typeof answer === 'string') {
      refuse(call, new Error(answer), written);
      from += 1;
      continue;
    }
    const codes = answers.slice(from, from + call.places.length) as number[];
    from += codes.length + 1;
    note(call, codes, written);
    if (codes.includes(ITEM_IS_GONE)) left.toRestore.push(onlyGone(call, codes));
    if (answers[from - 1] === 1) left.toBound.push(call.inbox);
  }
}

function onlyGone({ inbox, places, matchedBy }: InboxCall, codes: readonly number[]): InboxCall {
  const gone = codes.flatMap((code, at) => (code === ITEM_IS_GONE ? [at] : []));
  return {
    inbox,
    places: gone.map((at) => places[at]!),
    matchedBy: gone.map((at) => matchedBy[at]!),
  };
}

function note({ places }: InboxCall, codes: readonly number[], written: WriteResult[]): void {
  for (const [at, place] of places.entries()) written[place] = results[codes[at]!] ?? 'duplicate';
}

/** A key of another type under an inbox's name is that inbox's trouble; every other error is an outage of the whole. */
function refuse({ places }: InboxCall, error: Error, written: WriteResult[]): void {
  const wrongType = /\bWRONGTYPE\b.*/.exec(error.message)?.[0];
  if (wrongType === undefined) throw asReply(error);
  for (const place of places) written[place] = { refused: wrongType };
}

/** As if Redis had answered so to the call as a whole: errors.ts tells an outage from a bug by it. */
function asReply(error: Error): Error {
  return error instanceof ReplyError
    ? error
    : Object.assign(new ReplyError() as Error, { message: error.message });
}
