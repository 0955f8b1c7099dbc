/** Groups deliveries into script calls, by inbox. */
import type { Delivery } from '../../../processors/index.ts';
import type { Match } from '../../../queues/index.ts';
import { encodeName, MAX_NAME_BYTES } from '../../redis/keys.ts';

/** A script blocks Redis while it runs: about 10 µs a post, so 2 ms at most. */
const POSTS_PER_CALL = 200;

export interface InboxCall {
  /** Encoded. */
  inbox: string;
  deliveries: Delivery[];
  /** Of its posts, once there are many. No post is in one call twice: the later delivery goes into a later call. */
  identities: Set<string> | undefined;
}

/** Fewer are sooner looked through than put into a set. */
const MANY = 8;

/** Refuses deliveries to a name that cannot be a key. */
export function groupByInbox(deliveries: readonly Delivery[]): InboxCall[] {
  const open = new Map<string, InboxCall>();
  const calls: InboxCall[] = [];
  for (const delivery of deliveries) {
    const { subscriber, match } = delivery;
    let call = open.get(subscriber);
    if (!call || call.deliveries.length >= POSTS_PER_CALL || isIn(call, match.identity)) {
      const inbox = encodeName(subscriber);
      if (inbox === undefined) {
        delivery.result = { refused: `no inbox can have this name: ${nameProblem(subscriber)}` };
        continue;
      }
      call = { inbox, deliveries: [], identities: undefined };
      open.set(subscriber, call);
      calls.push(call);
    }
    call.identities?.add(match.identity);
    call.deliveries.push(delivery);
  }
  return calls;
}

function isIn(call: InboxCall, identity: string): boolean {
  const { deliveries } = call;
  if (deliveries.length < MANY) {
    for (const { match } of deliveries) if (match.identity === identity) return true;
    return false;
  }
  call.identities ??= new Set(deliveries.map(({ match }) => match.identity));
  return call.identities.has(identity);
}

/** Calls that one server can run in one script, together with at most the posts of one call. */
export function groupCalls(calls: readonly InboxCall[]): InboxCall[][] {
  const groups: InboxCall[][] = [];
  let posts = POSTS_PER_CALL;
  for (const call of calls) {
    if (posts + call.deliveries.length > POSTS_PER_CALL) {
      groups.push([]);
      posts = 0;
    }
    groups.at(-1)!.push(call);
    posts += call.deliveries.length;
  }
  return groups;
}

/** The JSON of an item's `matched_by`. */
export const matchedBy = ({ subscriptionId, scoreJson }: Match): string =>
  `${subscriptionPrefix(subscriptionId)}"match_score":${scoreJson}}`;

/** How an item's `matched_by` begins for this subscription. */
export const subscriptionPrefix = (subscriptionId: string): string =>
  `{"subscription_id":${JSON.stringify(subscriptionId)},`;

function nameProblem(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) return `${bytes} bytes; a name has at most ${MAX_NAME_BYTES}`;
  return name === '' ? 'it is empty' : 'it is not valid Unicode';
}
