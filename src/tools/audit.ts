/**
 * Walks a window of the stream and locates every entry. It checks the evidence itself: the item in the inbox, the parked job, the job
 * or pending entry in flight.
 */
import { isCanary, toEntry } from '../../queues/index.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { readWindow } from '../stream/window.ts';
import { type InFlight, inFlight } from './in-flight.ts';
import { type Found, type LocateOptions, locate, type Whereabouts, whereabouts } from './locate.ts';
import { type Lost, lostIn } from './lost.ts';
import { orParkedOrByHand } from './parked-or-by-hand.ts';

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
  /** Gone before they were in a queue: cannot be recovered. */
  lost: Lost;
}
export interface AuditOptions extends LocateOptions {
  /** Holds the stream. */
  skywire: RedisClient;
  queues: Queues;
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
    counts: Object.fromEntries(whereabouts.map((at) => [at, 0])) as Record<Whereabouts, number>,
    missing: [],
    lost: await lostIn(options),
  };
  let flying: InFlight | undefined;
  for await (const page of readWindow(options.skywire, options.stream, options)) {
    const entries = page.filter(({ data }) => !isCanary(data)).map(toEntry);
    let open = entries;
    let found: Found[] = [];
    // Entries move during the audit: one counts as missing only if two passes, with a snapshot of the jobs in between, do not find it.
    for (let look = 1; open.length && look <= 2; look += 1) {
      // A snapshot a few seconds old is enough: entries settled before it are found now, all others are in it.
      if (look === 2 && (!flying || performance.now() - flying.takenAt > JOBS_FRESH_FOR_MS))
        flying = await inFlight(options);
      found = await Promise.all((await locate(options, open)).map((one) => orParkedOrByHand(options, one)));
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

function toMissing(stream: string, { entry, subscription, missingFor }: Found): Missing[] {
  const who = missingFor.length ? missingFor : [null];
  return who.map((subscriber) => ({ stream, id: entry.id, subscription, subscriber }));
}
