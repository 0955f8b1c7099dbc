/** Backpressure: keeps the backlog in the stream, and memory free in Redis for what is in flight. */

import type { JobQueue } from '../lanes/job-queue.ts';
import type { RedisClient } from '../redis/connections.ts';
import { describeMemory, FULL, fullness, memoryOf } from '../redis/memory.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';

const MEMORY_CHECK_MS = 1_000;

/** Why to pause. */
export interface Pause {
  by: 'jobs' | 'memory';
  what: string;
}

export interface Backpressure {
  /** undefined: read on. `adding`: jobs that are being added. */
  why(adding?: number): Promise<Pause | undefined>;
}

/** Of one partition's queue. */
export function createBackpressure(
  { queue, name }: JobQueue,
  client: RedisClient,
  maxWaitingJobs: number,
): Backpressure {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let tooFull: string | undefined;
  return {
    async why(adding = 0) {
      const { waiting = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'delayed');
      if (waiting + delayed + adding >= maxWaitingJobs) {
        const what = `${waiting + delayed} jobs wait in ${name} (MAX_WAITING_JOBS=${maxWaitingJobs})`;
        return { by: 'jobs', what };
      }
      if (performance.now() - checkedAt >= MEMORY_CHECK_MS) {
        tooFull = await memoryProblem(client);
        checkedAt = performance.now();
      }
      return tooFull === undefined ? undefined : { by: 'memory', what: tooFull };
    },
  };
}

/** On a Cluster one full node is enough: it holds the queue or some of the inboxes. */
async function memoryProblem(client: RedisClient): Promise<string | undefined> {
  const replies = await Promise.all((await mastersOf(client)).map((node) => node.info('memory')));
  for (const memory of replies.map((text) => memoryOf(parseInfo(text)))) {
    if (fullness(memory) >= FULL)
      return `Redis is ${Math.round(100 * fullness(memory))} % full (${describeMemory(memory)})`;
  }
  return undefined;
}
