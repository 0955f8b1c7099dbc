/** The pump with tracing: a trace begins when entries have arrived, with a span until they are in the queue. */
import type { RawEntry } from '../../queues/index.ts';
import type { Facts, Tracing } from '../observe/tracing.ts';
import type { Source } from '../stream/source.ts';
import type { Adder } from './adder.ts';

/** The pump may hold what it has read until Redis has added what came before. */
export function traced(
  tracing: Tracing | undefined,
  facts: Facts,
  plain: { source: Source; adder: Adder },
): { source: Source; adder: Adder } {
  if (!tracing) return plain;
  const { source, adder } = plain;
  const readAt = new WeakMap<object, number>();
  const arrived = (entries: readonly RawEntry[]) => {
    if (entries[0]) readAt.set(entries[0], performance.now());
  };
  return {
    source: {
      ...source,
      async readNew(most, blockMs) {
        const entries = await source.readNew(most, blockMs);
        arrived(entries);
        return entries;
      },
    },
    adder: {
      most: adder.most,
      add: (batches) =>
        tracing.span({
          name: 'pump read',
          facts: {
            ...facts,
            entries: batches.reduce((sum, batch) => sum + batch.entries.length, 0),
            jobs: batches.length,
          },
          startedAt: readAt.get(batches[0]!.entries[0]!),
          run: () => adder.add(batches),
        }),
    },
  };
}
