/**
 * Entries that are only in the stream, because Redis refuses a value of their size: jobs refer to them, and the trimmer spares them
 * until the job is done or an operator removes it.
 */
import { type Entry, isReference } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { keptKey, queuePrefix } from '../redis/keys.ts';
import { loadScript, runScript } from '../redis/scripts.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const keepScript = loadScript(here('keep.lua'), here('unneeded.lua'));
const keptScript = loadScript(here('kept.lua'), here('unneeded.lua'));

export interface Kept {
  /** Ids of the stream's entries that must stay in it, in no order. */
  kept(stream: string): Promise<string[]>;
}

export interface Keeper extends Kept {
  /** Call it before the jobs are added. Jobs that carry their entry need nothing kept. */
  keep(jobs: readonly { jobId: string; data: object }[]): Promise<void>;
}

export function createKeeper(client: RedisClient, queue: string): Keeper {
  const prefix = `${queuePrefix(queue)}:${queue}:`;
  const keys = [keptKey(queue), `${prefix}completed`];
  return {
    async keep(jobs) {
      const rows = jobs.flatMap(({ jobId, data }) => {
        const { entry, stream } = data as { entry?: Entry; stream?: string };
        return entry && stream !== undefined && isReference(entry) ? [jobId, entry.id, stream] : [];
      });
      if (rows.length) await runScript(client, keepScript, keys, [prefix, ...rows]);
    },
    async kept(stream) {
      return (await runScript(client, keptScript, keys, [prefix, stream])) as string[];
    },
  };
}
