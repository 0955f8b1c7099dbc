/** The failed jobs that a run retries, in their current state. */
import type { Queues } from '../../lanes/queues.ts';
import type { RedisClient } from '../../redis/connections.ts';
import type { ParkedIndex } from '../index/parked-index.ts';
import type { ParkedJob } from '../index/parked-job.ts';
import { type Filter, matcherOf } from '../index/search.ts';

/** Oldest failure first; those that failed later than `upTo` are left out. */
export async function candidatesOf(
  index: ParkedIndex,
  filter: Filter,
  upTo = Infinity,
): Promise<ParkedJob[]> {
  await index.refresh();
  const fits = matcherOf(filter);
  const isOne = (job: ParkedJob) => job.state === 'failed' && job.score <= upTo && fits(job);
  return [...(await index.jobs())].filter(isOne).sort((a, b) => a.score - b.score);
}

/** By the workers' clocks, over all queues. undefined: nothing has failed. */
export async function newestFailure({
  client,
  queues,
}: {
  client: RedisClient;
  queues: Queues;
}): Promise<number | undefined> {
  const newest = await Promise.all(
    queues.all.map(({ queue }) => client.zrevrange(queue.toKey('failed'), 0, 0, 'WITHSCORES')),
  );
  const scores = newest.flatMap(([, score]) => (score === undefined ? [] : [Number(score)]));
  return scores.length > 0 ? Math.max(...scores) : undefined;
}
