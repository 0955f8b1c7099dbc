/**
 * Entries on their way into inboxes: parse → identify → route → write. Every entry gets an outcome of its own, so that one bad
 * entry stops none of the others; only an outage throws.
 */
import {
  type Entry,
  MAX_MATCH_BYTES,
  type Match,
  type ParkingReason,
  parseMatch,
  quote,
  type SubscriberPage,
} from '../queues/index.ts';
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
  const deliveries: Delivery[] = [];
  const plans = read.map((entry) =>
    'match' in entry ? plan(entry.match, routes, deliveries) : refuse(entry),
  );
  const results = deliveries.length ? await ports.inboxes.write(deliveries) : [];
  let from = 0;
  return plans.map((entryPlan) => {
    const outcome = settle(entryPlan, { deliveries, results, from });
    from += entryPlan.deliveries;
    return outcome;
  });
}

type Read = { match: Match } | Refusal;

export function readEntry(entry: Entry): Read {
  if (entry.data === undefined) {
    const names = (entry.fields ?? []).filter((_, at) => at % 2 === 0);
    return {
      reason: 'malformed',
      detail: `no field "data" in the stream entry (its fields: ${listNames(names)})`,
    };
  }
  const bytes = Buffer.byteLength(entry.data);
  if (bytes > MAX_MATCH_BYTES) {
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
  /** How many of the deliveries are of this entry. */
  deliveries: number;
  refusals: readonly Refusal[];
  pages: readonly SubscriberPage[];
}

const nowhere: Plan = { deliveries: 0, refusals: [], pages: [] };
const refuse = (refusal: Refusal): Plan => ({ ...nowhere, refusals: [refusal] });

/** Adds the entry's deliveries to those before it. */
function plan(match: Match, routes: Map<string, Route>, deliveries: Delivery[]): Plan {
  const route = routes.get(match.subscriptionId) ?? { to: 'unknown' };
  switch (route.to) {
    case 'subscribers':
      for (const subscriber of route.subscribers) deliveries.push({ subscriber, match });
      return { ...nowhere, deliveries: route.subscribers.length };
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

interface Written {
  deliveries: readonly Delivery[];
  /** One for each delivery. */
  results: readonly WriteResult[];
  /** Where those of the entry begin. */
  from: number;
}

/** Of several inboxes the one to which most happened gives the verdict. */
const rank = { duplicate: 0, merged: 1, delivered: 2 } as const;

function settle(
  { deliveries: count, refusals, pages }: Plan,
  { deliveries, results, from }: Written,
): Outcome {
  let best: keyof typeof rank | undefined;
  let all = refusals;
  for (let at = from; at < from + count; at += 1) {
    const result = results[at]!;
    if (typeof result !== 'string') {
      const { subscriber } = deliveries[at]!;
      all = [...all, { reason: 'rejected', detail: result.refused, subscriber }];
    } else if (best === undefined || rank[result] > rank[best]) best = result;
  }
  const verdict = all.length ? 'parked' : pages.length ? 'fanned_out' : (best ?? 'dropped');
  return { verdict, refusals: all, pages };
}
