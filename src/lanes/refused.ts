/** Adds entries that Redis may refuse for their size: then adds a job that refers to the entry, which stays in the stream. */
import { type Entry, isReference, type NewBatch, sizeOf, toReference } from '../../queues/index.ts';
import { attempt, LEAST_REFUSED_BYTES } from '../redis/refusal.ts';
import type { Adds, JobQueue } from './job-queue.ts';
import type { Lane } from './lane.ts';

/** As JSON an entry may grow to six times its size. */
const mayBeLarge = (entry: Entry): boolean => sizeOf(entry) * 6 >= LEAST_REFUSED_BYTES;
const jsonBytes = (entry: Entry): number => Buffer.byteLength(JSON.stringify(entry));

/** Of one entry. `refused`: Redis refuses it, and it was added by reference. */
export async function addAlone(lane: Lane, batch: NewBatch): Promise<{ isAdded: boolean; refused?: Entry }> {
  const [entry] = batch.entries;
  const done = await attempt({
    bytes: sizeOf(entry!),
    write: () => lane.add([batch]),
    probe: () => lane.queue.getMeta(),
  });
  if (done) return { isAdded: done.result[0]! };
  const refused = toReference(entry!);
  const [isAdded] = await lane.add([{ ...batch, entries: [refused] }]);
  return { isAdded: isAdded!, refused };
}

/** Adds jobs of one entry each; `add` throws if one could not be added. */
export async function addOrRefer<New extends { entry: Entry }>(
  queue: JobQueue & Adds<New>,
  jobs: readonly New[],
  add: (jobs: readonly New[]) => Promise<void>,
): Promise<void> {
  const isSmall = ({ entry }: New) =>
    isReference(entry) || !mayBeLarge(entry) || jsonBytes(entry) < LEAST_REFUSED_BYTES;
  await add(jobs.filter(isSmall));
  const refused = new Set<string>();
  for (const job of jobs.filter((one) => !isSmall(one))) {
    const { entry } = job;
    const write = () => add([job]);
    const isAdded =
      !refused.has(entry.id) &&
      (await attempt({ bytes: jsonBytes(entry), write, probe: () => queue.queue.getMeta() }));
    if (isAdded) continue;
    // The other pages of the same entry are skipped.
    refused.add(entry.id);
    await add([{ ...job, entry: toReference(entry) }]);
  }
}
