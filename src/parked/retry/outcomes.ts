/** What became of jobs that were retried: delivered, failed again, or neither yet. */
import type { Queue } from 'bullmq';
import type { RedisClient } from '../../redis/connections.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';

const script = loadScript(new URL('outcomes.lua', import.meta.url));

/** A job as it stood when it was retried. */
export interface Retried {
  id: string;
  score: number;
  attempts: number;
}

/** `untouched`: it still stands where it stood, the retry did not come about. */
export type Outcome = { is: 'delivered' | 'under way' | 'untouched' } | { is: 'relapsed'; reason: string };

type Row = [where: string, score: string, attempts: string, failedReason: string, returnValue: string];

export async function outcomesOf(
  client: RedisClient,
  queue: Queue,
  retried: readonly Retried[],
): Promise<Outcome[]> {
  if (!retried.length) return [];
  const ids = retried.map(({ id }) => id);
  const keys = [queue.toKey('failed'), queue.toKey('completed'), ...ids.map((id) => queue.toKey(id))];
  const rows = (await runScript(client, script, keys, ids)) as Row[];
  return rows.map((row, at) => outcomeOf(retried[at]!, row));
}

function outcomeOf(before: Retried, [where, score, attempts, failedReason, returnValue]: Row): Outcome {
  switch (where) {
    case 'gone':
      // Completed jobs are kept for a while only.
      return { is: 'delivered' };
    case 'failed':
      return Number(score) === before.score ? { is: 'untouched' } : { is: 'relapsed', reason: failedReason };
    case 'completed':
      return /"parked":[1-9]/.test(returnValue)
        ? { is: 'relapsed', reason: 'parked anew, for the subscribers that could not get it' }
        : { is: 'delivered' };
    default:
      // Tried and put off for another try of its own; an outage puts off without counting one.
      return Number(attempts) > before.attempts
        ? { is: 'relapsed', reason: failedReason }
        : { is: 'under way' };
  }
}
