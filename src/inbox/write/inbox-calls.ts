/** Deliveries put in order for the scripts: by inbox, each with its text of `matched_by`. */
import type { Delivery, WriteResult } from '../../../processors/index.ts';
import { encodeName, MAX_NAME_BYTES } from '../../redis/keys.ts';

/** A script blocks Redis while it runs: about 10 µs a post, so 2 ms at the most. */
const POSTS_PER_CALL = 200;

export interface InboxCall {
  /** Encoded. */
  inbox: string;
  /** Which of the deliveries, in their order. */
  places: number[];
  /** The JSON of `matched_by` of each of them. */
  matchedBy: string[];
}

/** No call has one post twice: the later one goes into a later call. An inbox whose name makes no key is refused here, in `written`. */
export function groupByInbox(deliveries: readonly Delivery[], written: WriteResult[]): InboxCall[] {
  const open = new Map<string, { call: InboxCall; identities: Set<string> }>();
  const calls: InboxCall[] = [];
  const prefixes = new Map<string, string>();
  for (const [place, { subscriber, match }] of deliveries.entries()) {
    let filling = open.get(subscriber);
    if (!filling || filling.call.places.length >= POSTS_PER_CALL || filling.identities.has(match.identity)) {
      const inbox = encodeName(subscriber);
      if (inbox === undefined) {
        written[place] = { refused: `no inbox can have this name: ${nameProblem(subscriber)}` };
        continue;
      }
      filling = { call: { inbox, places: [], matchedBy: [] }, identities: new Set() };
      open.set(subscriber, filling);
      calls.push(filling.call);
    }
    let prefix = prefixes.get(match.subscriptionId);
    if (prefix === undefined) {
      prefix = `${subscriptionPrefix(match.subscriptionId)}"match_score":`;
      prefixes.set(match.subscriptionId, prefix);
    }
    filling.identities.add(match.identity);
    filling.call.places.push(place);
    filling.call.matchedBy.push(`${prefix}${match.scoreJson}}`);
  }
  return calls;
}

/** Calls that one server may do in one script: as many posts together as one call may have. */
export function groupCalls(calls: readonly InboxCall[]): InboxCall[][] {
  const groups: InboxCall[][] = [];
  let posts = POSTS_PER_CALL;
  for (const call of calls) {
    if (posts + call.places.length > POSTS_PER_CALL) {
      groups.push([]);
      posts = 0;
    }
    groups.at(-1)!.push(call);
    posts += call.places.length;
  }
  return groups;
}

/** How an item's `matched_by` begins for this subscription. */
export const subscriptionPrefix = (subscriptionId: string): string =>
  `{"subscription_id":${JSON.stringify(subscriptionId)},`;

function nameProblem(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) return `${bytes} bytes; a name has at most ${MAX_NAME_BYTES}`;
  return name === '' ? 'it is empty' : 'it is not valid Unicode';
}
