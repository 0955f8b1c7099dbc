/**
 * Walks a window of the stream and locates every entry. It checks the evidence itself: the item in the inbox, the parked job, the job
 * or pending entry in flight.
 */
import { readEntry } from '../../processors/deliver.ts';
import type { Router } from '../../processors/index.ts';
import {
  DATA_VERSION,
  queues as definitions,
  type Entry,
  isCanary,
  type Match,
  timeMsOf,
  toEntry,
} from '../../queues/index.ts';
import { erasedAt } from '../inbox/erase/erased.ts';
import { arePresent } from '../inbox/read/presence.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { encodeName } from '../redis/keys.ts';
import { readWindow } from '../stream/window.ts';
import type { Directory } from '../subscriptions/directory.ts';
import { type InFlight, inFlight } from './in-flight.ts';
import { lostIn } from './lost.ts';

export type Whereabouts = 'in_inbox' | 'parked' | 'in_flight' | 'dropped' | 'erased' | 'missing';
export interface Missing {
  stream: string;
  id: string;
  subscription: string | null;
  /** Whose inbox lacks it; null: the recipients are unknown. */
  subscriber: string | null;
}
export interface AuditResult {
  stream: string;
  entries: number;
  counts: Record<Whereabouts, number>;
  missing: Missing[];
  /** Trimmed before they were read: cannot be recovered. */
  lost: string[];
}
export interface AuditOptions {
  /** Holds queues and inboxes. */
  home: RedisClient;
  /** Holds the stream. */
  skywire: RedisClient;
  queues: Queues;
  router: Router;
  directory: Pick<Directory, 'registeredSince'> | undefined;
  stream: string;
  group: string;
  from: string;
  to: string;
  onProgress: (entries: number) => void;
}

const JOBS_FRESH_FOR_MS = 10_000;

export async function audit(options: AuditOptions): Promise<AuditResult> {
  const result: AuditResult = {
    stream: options.stream,
    entries: 0,
    counts: { in_inbox: 0, parked: 0, in_flight: 0, dropped: 0, erased: 0, missing: 0 },
    missing: [],
    lost: await lostIn(options),
  };
  let flying: InFlight | undefined;
  for await (const page of readWindow(options.skywire, options.stream, options)) {
    const entries = page.filter(({ data }) => !isCanary(data)).map(toEntry);
    let open = entries;
    let found: Found[] = [];
    // Entries move during the audit: one is missing only if two passes, with a snapshot of the jobs in between, do not find it.
    for (let look = 1; open.length && look <= 2; look += 1) {
      // A snapshot a few seconds old is enough: what was settled before it is found now, everything else is in it.
      if (look === 2 && (!flying || performance.now() - flying.takenAt > JOBS_FRESH_FOR_MS))
        flying = await inFlight(options);
      found = await Promise.all((await locate(options, open)).map((one) => orParked(options, one)));
      for (const one of found) {
        if (look === 2 && one.at === 'missing' && flying!.has(one.entry.id)) one.at = 'in_flight';
        if (one.at !== 'missing') result.counts[one.at] += 1;
      }
      open = found.filter((one) => one.at === 'missing').map((one) => one.entry);
    }
    const missing = found.filter((one) => one.at === 'missing');
    result.counts.missing += missing.length;
    result.missing.push(...missing.flatMap((one) => toMissing(options.stream, one)));
    result.entries += entries.length;
    options.onProgress(result.entries);
  }
  return result;
}

interface Found {
  entry: Entry;
  at: Whereabouts;
  subscription: string | null;
  missingFor: string[];
  /** How many of its subscribers were erased since. */
  erasedFor: number;
}

async function locate(options: AuditOptions, entries: readonly Entry[]): Promise<Found[]> {
  const read = entries.map((entry) => {
    const found = readEntry(entry);
    return 'match' in found ? found.match : undefined;
  });
  const routes = await options.router.route([
    ...new Set(read.flatMap((match) => match?.subscriptionId ?? [])),
  ]);
  const wanted: { place: number; subscriber: string; identity: string }[] = [];
  const found = await Promise.all(
    entries.map(async (entry, place): Promise<Found> => {
      const match = read[place];
      const route = match && routes.get(match.subscriptionId);
      const base = { entry, subscription: match?.subscriptionId ?? null, missingFor: [], erasedFor: 0 };
      if (route?.to === 'unsubscribed') return { ...base, at: 'dropped' };
      if (!match || !route || route.to === 'unknown' || route.to === 'invalid')
        return { ...base, at: 'missing' };
      const pages = route.to === 'pages' ? route.pages : [];
      const fromPages = await Promise.all(
        pages.map((page) => options.router.subscribersOf(match.subscriptionId, page)),
      );
      const subscribers = route.to === 'subscribers' ? route.subscribers : fromPages.flat();
      const due = await registeredBefore(options, match, subscribers, entry.id);
      for (const subscriber of due) wanted.push({ place, subscriber, identity: match.identity });
      return { ...base, at: 'in_inbox' };
    }),
  );
  const present = await arePresent(options.home, wanted);
  const absent = wanted.filter((_, at) => !present[at]);
  const erased = await erasedSince(options.home, absent, entries);
  for (const [at, { place, subscriber }] of absent.entries()) {
    const one = found[place]!;
    found[place] = erased[at]
      ? { ...one, erasedFor: one.erasedFor + 1 }
      : { ...one, at: 'missing', missingFor: [...one.missingFor, subscriber] };
  }
  const due = wanted.reduce(
    (counts, { place }) => counts.set(place, (counts.get(place) ?? 0) + 1),
    new Map<number, number>(),
  );
  return found.map((one, place) =>
    one.erasedFor > 0 && one.erasedFor === due.get(place) ? { ...one, at: 'erased' } : one,
  );
}

/** Whether each subscriber was erased after the entry was received, in order. */
async function erasedSince(
  home: RedisClient,
  absent: readonly { place: number; subscriber: string }[],
  entries: readonly Entry[],
): Promise<boolean[]> {
  const subscribers = [...new Set(absent.map(({ subscriber }) => subscriber))];
  const times = await erasedAt(
    home,
    subscribers.map((subscriber) => encodeName(subscriber) ?? ''),
  );
  const until = new Map(subscribers.map((subscriber, at) => [subscriber, times[at]!]));
  return absent.map(({ place, subscriber }) => timeMsOf(entries[place]!.id) <= until.get(subscriber)!);
}

/** Subscribers who registered after the match arrived need not have it. */
async function registeredBefore(
  { directory }: AuditOptions,
  match: Match,
  subscribers: readonly string[],
  entryId: string,
): Promise<readonly string[]> {
  if (!directory) return subscribers;
  const since = await directory.registeredSince(encodeName(match.subscriptionId)!, subscribers);
  const entryMs = timeMsOf(entryId);
  return subscribers.filter((_, at) => since[at]! < entryMs);
}

async function orParked({ queues, stream }: AuditOptions, found: Found): Promise<Found> {
  if (found.at !== 'missing') return found;
  const { entry, missingFor } = found;
  const job = { v: DATA_VERSION, stream, entry, reason: 'unrouted', detail: '' } as const;
  const isParked = async (subscriber?: string) => {
    const state = await queues.parked.queue.getJobState(
      definitions.parked.id(subscriber === undefined ? job : { ...job, subscriber }),
    );
    return state !== 'unknown' && state !== 'completed';
  };
  if (await isParked()) return { ...found, at: 'parked' };
  const single = await Promise.all(missingFor.map(isParked));
  return single.length && single.every(Boolean) ? { ...found, at: 'parked' } : found;
}

function toMissing(stream: string, { entry, subscription, missingFor }: Found): Missing[] {
  const who = missingFor.length ? missingFor : [null];
  return who.map((subscriber) => ({ stream, id: entry.id, subscription, subscriber }));
}
