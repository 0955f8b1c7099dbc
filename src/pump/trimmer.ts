/**
 * Keeps the stream from growing for ever: nobody else trims it. It goes only below what every group has acknowledged, what no
 * unfinished job holds, what the cursor would read again, and the replay window; whichever is oldest counts.
 */
import { FIRST_ID, oldestOf } from '../../queues/index.ts';
import { crashPoint } from '../observe/crash-points.ts';
import type { RedisClient } from '../redis/connections.ts';
import { queuePrefix } from '../redis/keys.ts';
import { loadScript, runScript } from '../redis/scripts.ts';
import type { Source } from '../stream/source.ts';
import type { Cursor } from './cursor.ts';

const heldScript = loadScript(new URL('oldest-held.lua', import.meta.url));

const TRIM_EVERY_MS = 15_000;
/** Looking at more than that would hold up Redis; the stream waits until there are fewer. */
const MOST_JOBS = 5_000;

export interface Trimmer {
  /** Trims if it is time to; the number of entries that went. */
  trim(): Promise<number>;
}

export interface TrimmerOptions {
  /** Redis of the queues. */
  home: RedisClient;
  source: Pick<Source, 'trim'>;
  cursor: Pick<Cursor, 'needs'>;
  /** Those whose jobs hold entries on their way. A parked match holds its entry as long as a person leaves it there. */
  queues: readonly string[];
  windowMs: number;
}

export function createTrimmer({ home, source, cursor, queues, windowMs }: TrimmerOptions): Trimmer {
  let trimAt = 0;
  return {
    async trim() {
      if (Date.now() < trimAt) return 0;
      trimAt = Date.now() + TRIM_EVERY_MS;
      if (!(await source.trim(FIRST_ID, windowMs)).isDue) return 0;
      // The cursor first: what becomes a job between the two looks is not acknowledged at the first.
      const needs = await cursor.needs();
      const held = await Promise.all(queues.map((queue) => oldestHeld(home, queue)));
      const floor = oldestOf([needs, ...held.filter((id) => id !== '')])!;
      let trimmed = 0;
      for (;;) {
        crashPoint('trimmer.before-trim');
        const some = await source.trim(floor, windowMs);
        trimmed += some.trimmed;
        if (!some.isDue || !some.trimmed) return trimmed;
      }
    },
  };
}

function oldestHeld(home: RedisClient, queue: string): Promise<string> {
  const prefix = `${queuePrefix(queue)}:${queue}:`;
  const lists = ['wait', 'active', 'delayed', 'prioritized'].map((list) => `${prefix}${list}`);
  return runScript(home, heldScript, lists, [prefix, MOST_JOBS]) as Promise<string>;
}
