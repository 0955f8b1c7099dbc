/**
 * Parked matches by reason, for a process without an index: from the jobs' names only, which costs a quarter of reading what the
 * index reads. Recounted when their number has changed, and not too often.
 */
import type { Queue } from 'bullmq';
import { parkingReasons } from '../../../queues/index.ts';
import type { RedisClient } from '../../redis/connections.ts';

const PAGE = 1_000;
const MOST = 100_000;
const COUNT_AGAIN_MS = 15_000;

const none = (): Record<string, number> => Object.fromEntries(parkingReasons.map((reason) => [reason, 0]));

/** Parked matches that need an operator, by reason; every known reason is in it. */
export function createReasonCount(client: RedisClient, queue: Queue): () => Promise<Record<string, number>> {
  let counts = none();
  let ofTotal = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;

  async function count(total: number): Promise<void> {
    const found = none();
    for (let at = 0; at < Math.min(total, MOST); at += PAGE) {
      const ids = await client.zrange(queue.toKey('failed'), `${at}`, `${Math.min(at + PAGE, MOST) - 1}`);
      const names = await Promise.all(ids.map((id) => client.hget(queue.toKey(id), 'name')));
      for (const name of names) if (name) found[name] = (found[name] ?? 0) + 1;
    }
    if (total > MOST) found['not_counted'] = total - MOST;
    [counts, ofTotal, countedAt] = [found, total, performance.now()];
  }

  return async () => {
    const total = await queue.getFailedCount();
    if (total === 0) [counts, ofTotal] = [none(), 0];
    else if (total !== ofTotal && performance.now() - countedAt >= COUNT_AGAIN_MS) {
      counting ??= count(total).finally(() => {
        counting = undefined;
      });
      await counting;
    }
    return counts;
  };
}
