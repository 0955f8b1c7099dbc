/** Entries that are in no inbox, but not lost: they are parked, or an operator edited or discarded them there. */
import { DATA_VERSION, queues as definitions, type Entry, toReference } from '../../queues/index.ts';
import type { Queues } from '../lanes/queues.ts';
import { type ByHandRecord, readByHand } from '../parked/by-hand.ts';
import { type Found, type LocateOptions, locate } from './locate.ts';

export interface SettledOptions extends LocateOptions {
  queues: Queues;
  stream: string;
}

export const orParkedOrByHand = async (options: SettledOptions, found: Found): Promise<Found> =>
  orByHand(options, await orParked(options, found));

/** Only inboxes for which it is not parked stay missing. */
async function orParked({ queues, stream }: SettledOptions, found: Found): Promise<Found> {
  if (found.at !== 'missing') return found;
  const { entry, missingFor } = found;
  const isParked = async (subscriber?: string) => {
    const ids = parkedIds(stream, entry, subscriber);
    const states = await Promise.all(ids.map((id) => queues.parked.queue.getJobState(id)));
    return states.some((state) => state !== 'unknown' && state !== 'completed');
  };
  if (await isParked()) return { ...found, at: 'parked' };
  const single = await Promise.all(missingFor.map(isParked));
  if (single.length && single.every(Boolean)) return { ...found, at: 'parked' };
  return {
    ...found,
    missingFor: missingFor.filter((_, at) => !single[at]),
    isPartlyParked: single.some(Boolean),
  };
}

/** Job ids with the entry, and by reference. */
function parkedIds(stream: string, entry: Entry, subscriber?: string): string[] {
  return [entry, toReference(entry)].map((as) => {
    const job = { v: DATA_VERSION, stream, entry: as, reason: 'unrouted', detail: '' } as const;
    return definitions.parked.id(subscriber === undefined ? job : { ...job, subscriber });
  });
}

async function orByHand(options: SettledOptions, found: Found): Promise<Found> {
  if (found.at !== 'missing') return found;
  const { entry, missingFor } = found;
  const ids = [undefined, ...missingFor].flatMap((subscriber) =>
    parkedIds(options.stream, entry, subscriber),
  );
  const read = await readByHand(options.home, ids);
  const [whole, ...single] = [undefined, ...missingFor].map((_, at) => read[2 * at] ?? read[2 * at + 1]);
  const records = whole ? [whole] : single;
  const isSettled = async (record: ByHandRecord | undefined, at: number): Promise<boolean> =>
    record?.did === 'discarded' ||
    (record?.did === 'edited' && (await isThere(options, record.entry, whole ? undefined : missingFor[at])));
  const settled = await Promise.all(records.map(isSettled));
  if (!settled.length || !settled.every(Boolean)) return found;
  if (found.isPartlyParked) return { ...found, at: 'parked' };
  return { ...found, at: records.some((record) => record?.did === 'edited') ? 'edited' : 'discarded' };
}

/** Whether the edited match was delivered, or parked again. `subscriber`: the only one it is for. */
async function isThere(options: SettledOptions, edited: Entry, subscriber?: string): Promise<boolean> {
  const [found] = await locate(options, [edited]);
  const { at, missingFor } = await orParked(options, found!);
  return (
    at !== 'missing' ||
    (subscriber !== undefined && missingFor.length > 0 && !missingFor.includes(subscriber))
  );
}
