/** The processors' port `Jobs`. Throws if a job could not be added, so that the batch runs again. */
import type { Jobs } from '../../processors/index.ts';
import { queues as definitions } from '../../queues/index.ts';
import type { Adds, JobQueue } from '../lanes/job-queue.ts';
import type { Queues } from '../lanes/queues.ts';
import { addOrRefer } from '../lanes/refused.ts';
import type { Events } from '../observe/events.ts';
import { isOutage } from '../redis/errors.ts';

/** Per call, to keep the pipeline small. */
const JOBS_PER_CALL = 200;

export function createJobs(queues: Queues, events: Events): Jobs {
  async function add<New>(queue: JobQueue & Adds<New>, jobs: readonly New[]): Promise<void> {
    for (let at = 0; at < jobs.length; at += JOBS_PER_CALL) {
      const some = jobs.slice(at, at + JOBS_PER_CALL);
      const added = await queue.add(some);
      const missing = added.filter((isThere) => !isThere).length;
      if (missing)
        throw new JobsNotAdded(`${missing} of ${some.length} jobs could not be added to ${queue.name}`);
    }
  }
  return {
    async park(matches) {
      await addOrRefer(queues.parked, matches, async (some) => {
        // BullMQ ignores an id that exists in any state: a match that was parked and delivered must be able to park again.
        await Promise.all(some.map((match) => removeIfCompleted(queues, definitions.parked.id(match))));
        await add(queues.parked, some);
      });
      for (const { reason, entry, detail } of matches) events.parked(reason, entry.id, detail);
    },
    fanOut: (pages) => addOrRefer(queues.fanout, pages, (some) => add(queues.fanout, some)),
    // Split from one batch, so all belong to one stream.
    resubmit: (batches) => add(queues.laneOf(batches[0]!.stream), batches),
  };
}

/** Redis rejected jobs that it normally accepts. */
class JobsNotAdded extends Error {
  override name = 'JobsNotAdded';
}

export const isWorkersOutage = (error: unknown): boolean => error instanceof JobsNotAdded || isOutage(error);

async function removeIfCompleted({ parked: { queue } }: Queues, id: string): Promise<void> {
  if ((await queue.getJobState(id)) === 'completed') await queue.remove(id);
}
