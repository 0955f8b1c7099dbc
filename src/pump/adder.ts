/**
 * Adds what the pump has read. After a failure it takes fewer entries at once, down to one: an entry that Redis refuses for its size is then
 * alone, is reported and added by reference, and the rest continues.
 */
import type { NewBatch } from '../../queues/index.ts';
import type { Lane } from '../lanes/lane.ts';
import { addAlone } from '../lanes/refused.ts';
import type { Events } from '../observe/events.ts';

export interface Adder {
  /** How many entries to read for the next call. */
  most(): number;
  /** Like Lane.add. */
  add(batches: readonly NewBatch[]): Promise<boolean[]>;
}

export function createAdder(lane: Lane, batchSize: number, events: Events): Adder {
  let most = batchSize;

  async function addOne(batch: NewBatch): Promise<boolean[]> {
    const { isAdded, refused } = await addAlone(lane, batch);
    if (refused) events.refused(batch.stream, refused.id, refused.bytes!);
    return [isAdded];
  }

  return {
    most: () => most,
    async add(batches) {
      const entries = batches.reduce((sum, batch) => sum + batch.entries.length, 0);
      try {
        const added = await (entries === 1 ? addOne(batches[0]!) : lane.add(batches));
        most = Math.min(batchSize, 2 * most);
        return added;
      } catch (error) {
        most = Math.max(1, Math.floor(Math.min(most, entries) / 4));
        throw error;
      }
    },
  };
}
