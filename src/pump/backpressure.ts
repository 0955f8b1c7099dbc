/** Backpressure: keeps the backlog in the stream, and memory free in Redis for what is in flight. */

import type { JobQueue } from '../lanes/job-queue.ts';
import type { RedisClient } from '../redis/connections.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';

/** Used share of maxmemory; well below the point where Redis rejects writes. */
const FULLEST = 0.85;
const MEMORY_CHECK_MS = 1_000;

export interface Backpressure {
  /** Why to pause; undefined: read on. `adding`: jobs that are being added. */
  why(adding?: number): Promise<string | undefined>;
}

/** Of one partition's queue. */
export function createBackpressure(
  { queue, name }: JobQueue,
  client: RedisClient,
  maxWaitingJobs: number,
): Backpressure {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let fullness: string | undefined;
  return {
    async why(adding = 0) {
      const { waiting = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'delayed');
      if (waiting + delayed + adding >= maxWaitingJobs)
        return `${waiting + delayed} jobs wait in ${name} (MAX_WAITING_JOBS=${maxWaitingJobs})`;
      if (performance.now() - checkedAt >= MEMORY_CHECK_MS) {
        fullness = await memoryProblem(client);
        checkedAt = performance.now();
      }
      return fullness;
    },
  };
}

/** On a Cluster one full node is enough: it holds the queue or some of the inboxes. */
async function memoryProblem(client: RedisClient): Promise<string | undefined> {
  const replies = await Promise.all((await mastersOf(client)).map((node) => node.info('memory')));
  for (const info of replies.map(parseInfo)) {
    const used = Number(info['used_memory']);
    const most = Number(info['maxmemory']);
    if (most && used >= most * FULLEST)
      return `Redis is ${Math.round((100 * used) / most)} % full (maxmemory ${most} bytes)`;
  }
  return undefined;
}
