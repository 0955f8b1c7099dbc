/** Deliveries put in order for the scripts: by inbox, each with its text of `matched_by`. */
import type { Delivery, WriteResult } from '../../processors/index.ts';
import { encodeName, MAX_NAME_BYTES } from '../redis/keys.ts';

/** A script blocks Redis while it runs: about 10 µs a post, so 2 ms at the most. */
const POSTS_PER_CALL = 200;

export interface InboxCall {
  /** Encoded. */
  inbox: string;
  /** Which of the deliveries, in their order. */
  places: number[];
  /** Of each of them; the part that names the subscription lets the script compare subscriptions without reading JSON. */
  matchedBy: { json: string; subscriptionBytes: number }[];
}

/** One whose name makes no key is refused here, in `written`. */
export function groupByInbox(deliveries: readonly Delivery[], written: WriteResult[]): InboxCall[] {
  const open = new Map<string, InboxCall>();
  const calls: InboxCall[] = [];
  const prefixes = new Map<string, { text: string; bytes: number }>();
  for (const [place, { subscriber, match }] of deliveries.entries()) {
    let call = open.get(subscriber);
    if (!call || call.places.length >= POSTS_PER_CALL) {
      const inbox = encodeName(subscriber);
      if (inbox === undefined) {
        written[place] = { refused: `no inbox can have this name: ${nameProblem(subscriber)}` };
        continue;
      }
      call = { inbox, places: [], matchedBy: [] };
      open.set(subscriber, call);
      calls.push(call);
    }
    let prefix = prefixes.get(match.subscriptionId);
    if (!prefix) {
      const text = subscriptionPrefix(match.subscriptionId);
      prefix = { text, bytes: Buffer.byteLength(text) };
      prefixes.set(match.subscriptionId, prefix);
    }
    call.places.push(place);
    call.matchedBy.push({
      json: `${prefix.text}"match_score":${match.scoreJson}}`,
      subscriptionBytes: prefix.bytes,
    });
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
