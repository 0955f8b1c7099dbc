/** Entries into inboxes: parse → identify → route → write. A bad entry fails alone; only an outage throws. */
import {
  type Entry,
  MAX_MATCH_BYTES,
  type Match,
  type ParkingReason,
  parseMatch,
  quote,
  type SubscriberPage,
  timeMsOf,
} from '../queues/index.ts';
import { refusal } from './kept.ts';
import type { Delivery, Ports, Route, Verdict, WriteResult } from './ports.ts';

/** `subscriber`: refused for this one only. */
export interface Refusal {
  reason: ParkingReason;
  detail: string;
  subscriber?: string;
}

export interface Outcome {
  verdict: Verdict;
  refusals: readonly Refusal[];
  /** A big topic: the pages of subscribers that get jobs of their own. */
  pages: readonly SubscriberPage[];
}

export async function deliver(entries: readonly Entry[], ports: Ports): Promise<Outcome[]> {
  const read = entries.map(readEntry);
  const routes = await ports.router.route(subscriptionsOf(read));
  const plans = read.map((entry, at) =>
    'match' in entry ? plan(entry.match, timeMsOf(entries[at]!.id), routes) : refuse(entry),
  );
  const deliveries: Delivery[] = [];
  for (const entryPlan of plans) deliveries.push(...entryPlan.deliveries);
  if (deliveries.length) await ports.inboxes.write(deliveries);
  return plans.map(settle);
}

type Read = { match: Match } | Refusal;

export function readEntry(entry: Entry): Read {
  if (entry.bytes !== undefined) return { reason: 'rejected', detail: refusal(entry.bytes) };
  if (entry.data === undefined) {
    const names = (entry.fields ?? []).filter((_, at) => at % 2 === 0);
    return {
      reason: 'malformed',
      detail: `no field "data" in the stream entry (its fields: ${listNames(names)})`,
    };
  }
  // In UTF-8 a character takes at most three bytes: most texts need not be counted.
  if (entry.data.length * 3 > MAX_MATCH_BYTES) {
    const bytes = Buffer.byteLength(entry.data);
    if (bytes > MAX_MATCH_BYTES)
      return { reason: 'rejected', detail: `${bytes} bytes; a match has at most ${MAX_MATCH_BYTES}` };
  }
  const parsed = parseMatch(entry.data);
  return 'match' in parsed ? parsed : { reason: 'malformed', detail: parsed.malformed };
}

const listNames = (names: string[]): string => quote(names.slice(0, 10).map((name) => name.slice(0, 40)));

function subscriptionsOf(read: readonly Read[]): string[] {
  const subscriptions = new Set<string>();
  for (const entry of read) if ('match' in entry) subscriptions.add(entry.match.subscriptionId);
  return [...subscriptions];
}

interface Plan {
  deliveries: readonly Delivery[];
  refusals: readonly Refusal[];
  pages: readonly SubscriberPage[];
}

const nowhere: Plan = { deliveries: [], refusals: [], pages: [] };
const refuse = (refusal: Refusal): Plan => ({ ...nowhere, refusals: [refusal] });

function plan(match: Match, receivedMs: number, routes: Map<string, Route>): Plan {
  const route = routes.get(match.subscriptionId) ?? { to: 'unknown' };
  switch (route.to) {
    case 'subscribers':
      return {
        ...nowhere,
        deliveries: route.subscribers.map((subscriber) => ({
          subscriber,
          match,
          receivedMs,
          result: undefined,
        })),
      };
    case 'pages':
      return { ...nowhere, pages: route.pages };
    case 'unsubscribed':
      return nowhere;
    case 'invalid':
      return refuse({ reason: 'rejected', detail: route.detail });
    case 'unknown':
      return refuse({
        reason: 'unrouted',
        detail: `nobody is registered for subscription ${quote(shortened(match.subscriptionId))}`,
      });
  }
}

const shortened = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** Of several inboxes, the one where most happened decides. If all refused it as erased, it is dropped. */
const falling = ['delivered', 'merged', 'duplicate'] as const;

function settle({ deliveries, refusals, pages }: Plan): Outcome {
  const [first] = deliveries;
  if (deliveries.length === 1 && typeof first!.result === 'string')
    return { verdict: verdictOf(first!.result), refusals, pages };
  const all = deliveries.length ? refusalsOf(deliveries) : refusals;
  const best = falling.find((one) => deliveries.some(({ result }) => result === one));
  const verdict = all.length ? 'parked' : pages.length ? 'fanned_out' : (best ?? 'dropped');
  return { verdict, refusals: all, pages };
}

/** Of one delivery that was written. */
export const verdictOf = (result: Exclude<WriteResult, object>): Verdict =>
  result === 'erased' ? 'dropped' : result;

/** Of all deliveries that were written. */
export function refusalsOf(deliveries: readonly Delivery[]): Refusal[] {
  const refusals: Refusal[] = [];
  for (const { subscriber, result } of deliveries) {
    if (typeof result !== 'string')
      refusals.push({ reason: 'rejected', detail: result!.refused, subscriber });
  }
  return refusals;
}
