/** Writes matches into inboxes: one script call for each inbox of a batch. Implements the processors' port `Inboxes`. */
import type { Delivery, Inboxes, WriteResult } from '../../processors/index.ts';
import type { Config } from '../config.ts';
import type { RedisClient } from '../redis/connections.ts';
import { encodeName, inboxKeys, MAX_NAME_BYTES } from '../redis/keys.ts';
import { loadScript, runScripts, type ScriptArg } from '../redis/scripts.ts';

const script = loadScript(new URL('write.lua', import.meta.url), new URL('read-state.lua', import.meta.url));
const results = [undefined, 'delivered', 'duplicate', 'merged'] as const;

/** A script blocks Redis while it runs: about 15 µs a post, so 3 ms at the most. */
const POSTS_PER_CALL = 200;

export function createInboxWriter(client: RedisClient, bounds: Config['inbox']): Inboxes {
  return {
    async write(deliveries) {
      const written: WriteResult[] = Array.from({ length: deliveries.length });
      const calls = groupByInbox(deliveries, written);
      const limits = [bounds.maxItems, bounds.maxAgeMs, bounds.seenWindowMs];
      const replies = await runScripts(
        client,
        script,
        calls.map(({ inbox, places }) => ({
          keys: writeKeys(inbox),
          args: [...limits, ...places.flatMap((place) => postArgs(deliveries[place]!))],
        })),
      );
      for (const [at, reply] of replies.entries()) settle(reply, calls[at]!.places, written);
      return written;
    },
  };
}

interface Call {
  inbox: string;
  /** Which of the deliveries, in their order. */
  places: number[];
}

/** Deliveries by inbox. One whose name makes no key is refused here. */
function groupByInbox(deliveries: readonly Delivery[], written: WriteResult[]): Call[] {
  const open = new Map<string, Call>();
  const calls: Call[] = [];
  for (const [place, { subscriber }] of deliveries.entries()) {
    const inbox = encodeName(subscriber);
    if (inbox === undefined) {
      written[place] = { refused: `no inbox can have this name: ${nameProblem(subscriber)}` };
      continue;
    }
    let call = open.get(inbox);
    if (!call || call.places.length >= POSTS_PER_CALL) {
      call = { inbox, places: [] };
      open.set(inbox, call);
      calls.push(call);
    }
    call.places.push(place);
  }
  return calls;
}

function nameProblem(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) return `${bytes} bytes; a name has at most ${MAX_NAME_BYTES}`;
  return name === '' ? 'it is empty' : 'it is not valid Unicode';
}

function writeKeys(inbox: string): string[] {
  const { items, seen, state, merged, read, unread, starred, gone } = inboxKeys(inbox);
  return [items, seen, state, merged, read, unread, starred, gone];
}

/** The part of `match` that names the subscription lets the script compare subscriptions without reading JSON. */
function postArgs({ match }: Delivery): ScriptArg[] {
  const subscription = subscriptionPrefix(match.subscriptionId);
  const matchedBy = `${subscription}"match_score":${match.scoreJson}}`;
  return [match.identity, match.postJson, matchedBy, Buffer.byteLength(subscription)];
}

/** How an item's `matched_by` begins for this subscription. */
export const subscriptionPrefix = (subscriptionId: string): string =>
  `{"subscription_id":${JSON.stringify(subscriptionId)},`;

/** A key of another type under an inbox's name is that inbox's trouble; every other error is an outage of the whole. */
function settle(
  reply: PromiseSettledResult<unknown>,
  places: readonly number[],
  written: WriteResult[],
): void {
  if (reply.status === 'fulfilled') {
    const codes = reply.value as number[];
    for (const [at, place] of places.entries()) written[place] = results[codes[at]!]!;
  } else if ((reply.reason as Error).message.startsWith('WRONGTYPE')) {
    for (const place of places) written[place] = { refused: (reply.reason as Error).message };
  } else {
    throw reply.reason;
  }
}
