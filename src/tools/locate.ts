/** Where entries of the stream are, by the evidence in the inboxes. */
import { readEntry } from '../../processors/deliver.ts';
import type { Router } from '../../processors/index.ts';
import { type Entry, type Match, timeMsOf } from '../../queues/index.ts';
import { erasedAt } from '../inbox/erase/erased.ts';
import { arePresent } from '../inbox/read/presence.ts';
import type { RedisClient } from '../redis/connections.ts';
import { encodeName } from '../redis/keys.ts';
import type { Directory } from '../subscriptions/directory.ts';

/** `edited`, `discarded`: by an operator, while it was parked; the edited match has been delivered or parked. */
export const whereabouts = [
  'in_inbox',
  'parked',
  'in_flight',
  'dropped',
  'erased',
  'edited',
  'discarded',
  'missing',
] as const;
export type Whereabouts = (typeof whereabouts)[number];

export interface LocateOptions {
  /** Holds queues and inboxes. */
  home: RedisClient;
  router: Router;
  directory: Pick<Directory, 'registeredSince'> | undefined;
}

export interface Found {
  entry: Entry;
  at: Whereabouts;
  subscription: string | null;
  missingFor: string[];
  /** Parked for some inboxes; `missingFor` are the others. */
  isPartlyParked?: boolean;
  /** How many of its subscribers were erased since. */
  erasedFor: number;
}

export async function locate(options: LocateOptions, entries: readonly Entry[]): Promise<Found[]> {
  const read = entries.map((entry) => {
    const found = readEntry(entry);
    return 'match' in found ? found.match : undefined;
  });
  const routes = await options.router.route([
    ...new Set(read.flatMap((match) => match?.subscriptionId ?? [])),
  ]);
  const wanted: { place: number; subscriber: string; match: Match }[] = [];
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
      for (const subscriber of due) wanted.push({ place, subscriber, match });
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
  { directory }: LocateOptions,
  match: Match,
  subscribers: readonly string[],
  entryId: string,
): Promise<readonly string[]> {
  if (!directory) return subscribers;
  const since = await directory.registeredSince(encodeName(match.subscriptionId)!, subscribers);
  const entryMs = timeMsOf(entryId);
  return subscribers.filter((_, at) => since[at]! < entryMs);
}
