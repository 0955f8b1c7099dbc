/**
 * Trims the stream, which nobody else does. Keeps everything that a group has not acknowledged, an unfinished job holds, a rewind to the
 * cursor would read, jobs refer to, or the replay window covers.
 */
import { FIRST_ID, oldestOf } from '../../queues/index.ts';
import type { Held } from '../lanes/held.ts';
import { crashPoint } from '../observe/crash-points.ts';
import type { Source } from '../stream/source.ts';
import type { Cursor } from './cursor.ts';
import type { Marks } from './marks.ts';

const TRIM_EVERY_MS = 15_000;

export interface Trimmer {
  /** Trims if it is time to; returns the number of entries trimmed. */
  trim(): Promise<number>;
}

export interface TrimmerOptions {
  source: Pick<Source, 'trim'>;
  cursor: Pick<Cursor, 'needs' | 'read'>;
  /** Positions over time: they tell ages if ids do not. */
  marks: Pick<Marks, 'note'>;
  /** Queues whose jobs hold stream entries. */
  holding: readonly Pick<Held, 'oldestHeld'>[];
  /** Entries that must stay, however old. */
  kept: () => Promise<string[]>;
  windowMs: number;
}

export function createTrimmer(options: TrimmerOptions): Trimmer {
  const { source, cursor, marks, holding, kept, windowMs } = options;
  let trimAt = 0;
  return {
    async trim() {
      if (performance.now() < trimAt) return 0;
      trimAt = performance.now() + TRIM_EVERY_MS;
      const { isDue, isAhead } = await source.trim(FIRST_ID, windowMs, []);
      const aged = isAhead ? await marks.note(await cursor.read()) : undefined;
      if (!isDue && aged === undefined) return 0;
      // The cursor first: an entry that becomes a job between the two reads was not acknowledged at the first.
      const needs = await cursor.needs(aged);
      const held = await Promise.all(holding.map((queue) => queue.oldestHeld()));
      const floor = oldestOf([needs, ...held.filter((id) => id !== undefined)])!;
      // After the jobs: one of them may have been parked by reference meanwhile.
      const spared = await kept();
      let trimmed = 0;
      for (;;) {
        crashPoint('trimmer.before-trim');
        const some = await source.trim(floor, windowMs, spared, aged);
        trimmed += some.trimmed;
        if (!some.isDue || !some.trimmed) return trimmed;
      }
    },
  };
}
