/** Writes matches into inboxes, many inboxes in one script call. Implements the port `Inboxes`. */
import { Cluster, ReplyError } from 'ioredis';
import type { Delivery, Inboxes } from '../../../processors/index.ts';
import type { Match } from '../../../queues/index.ts';
import type { Config } from '../../config/config.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys, itemsKey } from '../../redis/keys.ts';
import {
  keyTypes,
  loadScript,
  runScripts,
  type Script,
  type ScriptArg,
  type ScriptCall,
} from '../../redis/scripts.ts';
import { settleByFormer } from '../former-identity.ts';
import { createInboxList } from '../inbox-list.ts';
import { readState } from '../read-state.ts';
import { ADMITTED, createAdmission, type Write } from './admission.ts';
import { allKeys, createBounds, type OnTrouble } from './bounds.ts';
import { earlierVersions } from './earlier-versions.ts';
import { groupByInbox, groupCalls, type InboxCall, matchedBy } from './inbox-calls.ts';
import { shareBodies } from './shared-bodies.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const removed = here('../removed.lua');
const writeScript = loadScript(here('write.lua'), removed);
const restoreScript = loadScript(
  here('restore.lua'),
  keyTypes,
  ...readState,
  here('item-state.lua'),
  removed,
);

/** By return code; none for 4, see write.lua. */
const results = [undefined, 'delivered', 'duplicate', 'merged'] as const;
/** How the names of an inbox's other keys end, as write.lua takes them. */
const suffixes = (['seen', 'state', 'merged', 'removed', 'gone'] as const).map((key) =>
  inboxKeys('any')[key].slice(itemsKey('any').length),
);
/** Nothing was written: the inbox has to be admitted. */
const NOT_ADMITTED = 5;
const TRIES = 20;

/** `onTrouble`: posts were written, but a later step (limits, list of inboxes) failed. */
export function createInboxWriter(
  client: RedisClient,
  limits: Config['inbox'],
  onTrouble: OnTrouble = (where, error) => {
    throw new Error(where, { cause: error });
  },
): Inboxes {
  const earlierVersionsUntilMs = earlierVersions(client, limits.seenWindowMs);
  const { sweepEveryMs, mostItems, apply } = createBounds(client, limits, onTrouble, earlierVersionsUntilMs);
  const admission = createAdmission(client, createInboxList(client), onTrouble);
  const inOneCall = (calls: InboxCall[]) =>
    client instanceof Cluster ? calls.map((call) => [call]) : groupCalls(calls);
  /** While a slot moves, a node of a Cluster must know of all keys to tell whether it has them. */
  const keysOf = (inbox: string): string[] => {
    const items = itemsKey(inbox);
    return client instanceof Cluster ? [items, ...suffixes.map((end) => items + end)] : [items];
  };
  return {
    async write(deliveries) {
      const bodyOf = await shareBodies(client, deliveries, limits);
      const toBound: string[] = [];
      const toAdmit: InboxCall[] = [];
      const run = async (
        script: Script,
        groups: InboxCall[][],
        toScriptCall: (group: InboxCall[]) => ScriptCall,
      ): Promise<void> => {
        const replies = await runScripts(client, script, groups.map(toScriptCall));
        for (const [at, group] of groups.entries()) settle(group, replies[at]!, toBound, toAdmit);
      };

      const admittedAs = new Map<string, string>();
      const write: Write = async (calls, as) => {
        for (const { inbox } of calls) admittedAs.set(inbox, as);
        const withFormer = calls.some(hasFormer);
        const untilMs = withFormer ? await earlierVersionsUntilMs() : 0;
        const head = [sweepEveryMs, as, untilMs, withFormer ? 1 : 0, ...suffixes, keysOf('').length];
        await run(writeScript, inOneCall(calls), (group) => {
          const args = [...head];
          for (const call of group) addArgs(args, call, withFormer, mostItems(call.inbox), bodyOf);
          return { keys: group.flatMap(({ inbox }) => keysOf(inbox)), args };
        });
      };
      const asOf = (inbox: string) => admittedAs.get(inbox) ?? ADMITTED;
      const restore = (calls: InboxCall[]) =>
        run(
          restoreScript,
          calls.map((call) => [call]),
          ([call]) => ({
            keys: allKeys(call!.inbox),
            args: [
              asOf(call!.inbox),
              ...call!.deliveries.flatMap(({ match }) => [match.identity, bodyOf(match), matchedBy(match)]),
            ],
          }),
        );
      await admission.idle();
      await write(groupByInbox(deliveries), ADMITTED);
      for (let tries = 1; ; tries += 1) {
        const open = deliveries.filter(isOpen);
        if (open.length === 0) break;
        if (tries > TRIES) throw new Error('inboxes keep being erased while they are written');
        if (toAdmit.length > 0) await admission.run(toAdmit.splice(0), write);
        else {
          const others = await settleByFormer(client, open, async (some) => {
            for (const call of groupByInbox(some)) await write([call], asOf(call.inbox));
            // One that was erased meanwhile is met again, with the deliveries as they are.
            toAdmit.length = 0;
          });
          await restore(groupByInbox(others));
        }
      }

      await apply(toBound);
    },
  };
}

const isOpen = ({ result }: Delivery): boolean => result === undefined;
const hasFormer = ({ deliveries }: InboxCall): boolean =>
  deliveries.some(({ match }) => match.formerIdentity !== undefined);

/** Of one inbox, for write.lua. */
function addArgs(
  args: ScriptArg[],
  { deliveries }: InboxCall,
  withFormer: boolean,
  mostItems: number,
  bodyOf: (match: Match) => string,
): void {
  args.push(mostItems, deliveries.length);
  for (const { match } of deliveries) args.push(match.identity);
  if (withFormer) for (const { match } of deliveries) args.push(match.formerIdentity ?? '');
  for (const { match } of deliveries) args.push(bodyOf(match), matchedBy(match));
}

/** The replies of write.lua for all calls of a group are one flat list; restore.lua's is that of one call. */
function settle(
  group: readonly InboxCall[],
  reply: PromiseSettledResult<unknown>,
  toBound: string[],
  toAdmit: InboxCall[],
): void {
  if (reply.status === 'rejected') {
    for (const call of group) refuse(call, reply.reason as Error);
    return;
  }
  const codes = reply.value as (number | string)[];
  let at = 0;
  for (const call of group) {
    const code = codes[at]!;
    if (typeof code === 'string') refuse(call, new ReplyError(code) as Error);
    else {
      if (code === NOT_ADMITTED) toAdmit.push(call);
      for (const delivery of call.deliveries) delivery.result = results[codes[at++] as number];
      if (codes[at] === 1) toBound.push(call.inbox);
    }
    at += 1;
  }
}

/** A key of the wrong type refuses its inbox only; every other error fails the whole write. */
function refuse({ deliveries }: InboxCall, error: Error): void {
  const refused = /\bWRONGTYPE\b.*/.exec(error.message)?.[0];
  if (refused === undefined) throw error;
  for (const delivery of deliveries) delivery.result = { refused };
}
