/** Outcomes of retried jobs: delivered, failed again, or still in flight. */
import type { Queue } from 'bullmq';
import type { RedisClient } from '../../redis/connections.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';

const script = loadScript(new URL('outcomes.lua', import.meta.url));

/** A job's state when it was retried. */
export interface Retried {
  id: string;
  score: number;
  attempts: number;
}

/** `untouched`: the retry did not happen. */
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
      // Completed jobs are kept only for a while.
      return { is: 'delivered' };
    case 'failed':
      return Number(score) === before.score ? { is: 'untouched' } : { is: 'relapsed', reason: failedReason };
    case 'completed':
      return /"parked":[1-9]/.test(returnValue)
        ? { is: 'relapsed', reason: 'parked again, for the subscribers that it did not reach' }
        : { is: 'delivered' };
    default:
      // It failed and is delayed for its next attempt; an outage delays it without using up an attempt.
      return Number(attempts) > before.attempts
        ? { is: 'relapsed', reason: failedReason }
        : { is: 'under way' };
  }
}
