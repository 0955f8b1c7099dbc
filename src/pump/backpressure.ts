/** Backpressure: keeps the backlog in the stream, and memory free in Redis for what is in flight. */

import type { JobQueue } from '../lanes/job-queue.ts';
import type { RedisClient } from '../redis/connections.ts';
import { describeMemory, FULL, fullness, memoryOf } from '../redis/memory.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';

/** The fuller Redis is, the sooner it is checked again: it would have to fill from empty within 2 s to become full unnoticed. */
const MEMORY_CHECK_MS = { least: 50, most: 1_000, ofAllMemory: 2_000 };

/** Why to pause. */
export interface Pause {
  by: 'jobs' | 'memory';
  what: string;
}

export interface Backpressure {
  /** undefined: keep reading. `adding`: jobs that are being added. */
  why(adding?: number): Promise<Pause | undefined>;
  /** Jobs that waited or ran when `why` was asked last. */
  inHand(): number;
}

/** Of one partition's queue. */
export function createBackpressure(
  { queue, name }: JobQueue,
  client: RedisClient,
  maxWaitingJobs: number,
): Backpressure {
  let checkAt = Number.NEGATIVE_INFINITY;
  let tooFull: string | undefined;
  let inHand = 0;
  return {
    inHand: () => inHand,
    async why(adding = 0) {
      const counts = await queue.getJobCounts('waiting', 'delayed', 'active');
      const { waiting = 0, delayed = 0, active = 0 } = counts;
      inHand = waiting + active;
      if (waiting + delayed + adding >= maxWaitingJobs) {
        const what = `${waiting + delayed} jobs wait in ${name} (MAX_WAITING_JOBS=${maxWaitingJobs})`;
        return { by: 'jobs', what };
      }
      if (performance.now() >= checkAt) {
        const { share, problem } = await readMemory(client);
        tooFull = problem;
        const { least, most, ofAllMemory } = MEMORY_CHECK_MS;
        checkAt = performance.now() + Math.min(most, Math.max(least, (FULL - share) * ofAllMemory));
      }
      return tooFull === undefined ? undefined : { by: 'memory', what: tooFull };
    },
  };
}

/** On a Cluster one full node is enough: it holds the queue or some of the inboxes. */
async function readMemory(client: RedisClient): Promise<{ share: number; problem: string | undefined }> {
  const replies = await Promise.all((await mastersOf(client)).map((node) => node.info('memory')));
  const nodes = replies.map((text) => memoryOf(parseInfo(text)));
  const [fullest] = nodes.toSorted((a, b) => fullness(b) - fullness(a));
  const share = fullest ? fullness(fullest) : 0;
  const problem = `Redis is ${Math.round(100 * share)} % full (${fullest && describeMemory(fullest)})`;
  return { share, problem: share >= FULL ? problem : undefined };
}
