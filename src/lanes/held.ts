/** Stream entries that unfinished jobs of a queue still need. */
import type { Queue } from 'bullmq';
import type { QueueTraits } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { loadScript, runScript } from '../redis/scripts.ts';

const oldestScript = loadScript(
  new URL('oldest-held.lua', import.meta.url),
  new URL('entry-ids.lua', import.meta.url),
);
/** Reading more jobs would block Redis; the stream is trimmed later, when there are fewer. */
const MOST_JOBS = 5_000;

export interface Held {
  /** Id of the oldest; undefined if there is none, '0-0' if there are too many jobs to tell. */
  oldestHeld(): Promise<string | undefined>;
  /** Ids of those of one stream. */
  held(stream: string): Promise<string[]>;
}

export function createHeld(client: RedisClient, queue: Queue, { entryIds }: QueueTraits): Held {
  return {
    async oldestHeld() {
      const unfinished = ['wait', 'active', 'delayed', 'prioritized'].map((list) => queue.toKey(list));
      const oldest = await runScript(client, oldestScript, unfinished, [queue.toKey(''), MOST_JOBS]);
      return (oldest as string) || undefined;
    },
    async held(stream) {
      const jobs = await queue.getJobs(['waiting', 'active', 'delayed', 'prioritized']);
      return jobs.flatMap((job) => (isOf(stream, job?.data) ? entryIds(job.data) : []));
    },
  };
}

/** Ids are unique within a stream only. A job that names no stream may belong to any. */
function isOf(stream: string, data: unknown): boolean {
  const { stream: its } = (data ?? {}) as { stream?: unknown };
  return its === undefined || its === stream;
}
