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
  refusals: Refusal[];
  /** A big topic: the pages of subscribers that get jobs of their own. */
  pages: readonly SubscriberPage[];
}

export async function deliver(entries: readonly Entry[], ports: Ports): Promise<Outcome[]> {
  const read = entries.map(readEntry);
  const routes = await ports.router.route(subscriptionsOf(read));
  const plans = read.map((entry) => ('match' in entry ? plan(entry.match, routes) : refuse(entry)));
  const deliveries = plans.flatMap((entryPlan) => entryPlan.deliveries);
  const results = deliveries.length ? await ports.inboxes.write(deliveries) : [];
  let next = 0;
  return plans.map((entryPlan) => {
    const ends = next + entryPlan.deliveries.length;
    const outcome = settle(entryPlan, results.slice(next, ends));
    next = ends;
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
  return [...new Set(read.flatMap((entry) => ('match' in entry ? [entry.match.subscriptionId] : [])))];
}

interface Plan {
  deliveries: Delivery[];
  refusals: Refusal[];
  pages: readonly SubscriberPage[];
}

const refuse = (refusal: Refusal): Plan => ({ deliveries: [], refusals: [refusal], pages: [] });

function plan(match: Match, routes: Map<string, Route>): Plan {
  const route = routes.get(match.subscriptionId) ?? { to: 'unknown' };
  switch (route.to) {
    case 'subscribers':
      return {
        deliveries: route.subscribers.map((subscriber) => ({ subscriber, match })),
        refusals: [],
        pages: [],
      };
    case 'pages':
      return { deliveries: [], refusals: [], pages: route.pages };
    case 'unsubscribed':
      return { deliveries: [], refusals: [], pages: [] };
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

/** What comes from outside never breaks out of the line it stands in: JSON, with all that is invisible escaped. */
function quote(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
}

function settle({ deliveries, refusals, pages }: Plan, results: readonly WriteResult[]): Outcome {
  const refused = results.flatMap((result, at): Refusal[] =>
    typeof result === 'string'
      ? []
      : [{ reason: 'rejected', detail: result.refused, subscriber: deliveries[at]!.subscriber }],
  );
  const all = [...refusals, ...refused];
  return { verdict: verdictOf(all, pages, results), refusals: all, pages };
}

function verdictOf(
  refusals: readonly Refusal[],
  pages: readonly SubscriberPage[],
  results: readonly WriteResult[],
): Verdict {
  if (refusals.length) return 'parked';
  if (pages.length) return 'fanned_out';
  for (const verdict of ['delivered', 'merged', 'duplicate'] as const)
    if (results.includes(verdict)) return verdict;
  return 'dropped';
}
