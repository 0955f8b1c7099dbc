/**
 * Jobs of `parked` that wait for a person, by reason. BullMQ counts states, not names: the names are read one page at a time,
 * and again only when the number of jobs has changed and the last look is a while ago.
 */
import type { Queue } from 'bullmq';
import type { RedisClient } from '../redis/connections.ts';

export type ReasonCounts = Record<string, number>;

export const NOT_COUNTED = 'not_counted';

const PAGE = 1_000;
const MOST = 100_000;
const LOOK_AGAIN_MS = 15_000;

export interface ParkedReasonsOptions {
  client: RedisClient;
  queue: Queue;
  /** Every reason there is: one that nobody has stands at 0. */
  reasons: readonly string[];
}

export function createParkedReasons({
  client,
  queue,
  reasons,
}: ParkedReasonsOptions): () => Promise<ReasonCounts> {
  let lookedAt = 0;
  let ofTotal = 0;
  let counts: ReasonCounts = none();
  let looking: Promise<void> | undefined;

  function none(): ReasonCounts {
    return Object.fromEntries(reasons.map((reason) => [reason, 0]));
  }

  async function look(total: number): Promise<void> {
    const found = none();
    const most = Math.min(total, MOST);
    for (let at = 0; at < most; at += PAGE) {
      const ids = await client.zrange(
        queue.toKey('failed'),
        String(at),
        String(Math.min(at + PAGE, most) - 1),
      );
      const names = await Promise.all(ids.map((id) => client.hget(queue.toKey(id), 'name')));
      for (const name of names) if (name) found[name] = (found[name] ?? 0) + 1;
    }
    if (total > MOST) found[NOT_COUNTED] = total - MOST;
    [counts, ofTotal, lookedAt] = [found, total, performance.now()];
  }

  return async () => {
    const total = await queue.getFailedCount();
    if (total === 0) [counts, ofTotal] = [none(), 0];
    else if (total !== ofTotal && performance.now() - lookedAt >= LOOK_AGAIN_MS) {
      looking ??= look(total).finally(() => {
        looking = undefined;
      });
      await looking;
    }
    return counts;
  };
}
