/** Groups entries into batches, one a job. */
import { type NewBatch, type RawEntry, sizeOf } from '../../queues/index.ts';

const MAX_BATCH_BYTES = 1_000_000;

/** Batches of at most `size` entries, oldest first; a batch of large entries is closed early. */
export function toBatches(stream: string, entries: readonly RawEntry[], size: number): NewBatch[] {
  const batches: { stream: string; entries: RawEntry[] }[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = batches.at(-1);
    const entryBytes = sizeOf(entry);
    if (!last || last.entries.length >= size || bytes + entryBytes > MAX_BATCH_BYTES) {
      batches.push({ stream, entries: [entry] });
      bytes = entryBytes;
    } else {
      last.entries.push(entry);
      bytes += entryBytes;
    }
  }
  return batches;
}
