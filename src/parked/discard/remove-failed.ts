/** Removes failed jobs for good. Only for matches that an operator asked to discard. */
import type { Queue } from 'bullmq';
import type { RedisClient } from '../../redis/connections.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Listed } from './store.ts';

const script = loadScript(new URL('remove-failed.lua', import.meta.url));
const JOBS_PER_CALL = 100;

export interface Removed {
  removed: string[];
  /** No longer there. */
  gone: string[];
  /** Retried or edited since, and not removed. */
  changed: string[];
}

export async function removeFailed(
  client: RedisClient,
  queue: Queue,
  jobs: readonly Listed[],
): Promise<Removed> {
  const results: number[] = [];
  for (let at = 0; at < jobs.length; at += JOBS_PER_CALL) {
    const some = jobs.slice(at, at + JOBS_PER_CALL);
    const keys = [queue.toKey('failed'), ...some.map(({ id }) => queue.toKey(id))];
    const args = some.flatMap(({ id, score, digest }) => [id, String(score), digest]);
    results.push(...((await runScript(client, script, keys, args)) as number[]));
  }
  const those = (result: number) => jobs.filter((_, at) => results[at] === result).map(({ id }) => id);
  return { removed: those(1), gone: those(0), changed: those(-1) };
}
