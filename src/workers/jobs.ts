/** The processors' port `Jobs`: what they hand on. Throws where a job could not be added, so that the batch runs again. */
import type { Jobs } from '../../processors/index.ts';
import type { NewJobData, QueueName } from '../../queues/index.ts';
import { queues as definitions } from '../../queues/index.ts';
import type { Queues } from '../lanes/queues.ts';
import type { Events } from '../observe/events.ts';
import { isOutage } from '../redis/errors.ts';

/** Jobs of one call: keeps the pipeline, and what Redis does in one go, small. */
const JOBS_PER_CALL = 200;

export function createJobs(queues: Queues, events: Events): Jobs {
  async function add<Name extends QueueName>(name: Name, data: readonly NewJobData[Name][]): Promise<void> {
    for (let at = 0; at < data.length; at += JOBS_PER_CALL) {
      const some = data.slice(at, at + JOBS_PER_CALL);
      const added = await queues.add(name, some);
      const missing = added.filter((isThere) => !isThere).length;
      if (missing) throw new JobsNotAdded(`${missing} of ${some.length} jobs could not be added to ${name}`);
    }
  }
  return {
    async park(matches) {
      // An id that exists in any state is ignored: a match that was parked and delivered once must be able to park again.
      await Promise.all(matches.map((match) => removeIfCompleted(queues, definitions.parked.id(match))));
      await add('parked', matches);
      for (const { reason, entry, detail } of matches) events.parked(reason, entry.id, detail);
    },
    fanOut: (pages) => add('fanout', pages),
    resubmit: (batches) => add('matches', batches),
  };
}

/** Redis refused what it takes at other times. */
class JobsNotAdded extends Error {
  override name = 'JobsNotAdded';
}

export const isWorkersOutage = (error: unknown): boolean => error instanceof JobsNotAdded || isOutage(error);

async function removeIfCompleted({ byName: { parked } }: Queues, id: string): Promise<void> {
  if ((await parked.getJobState(id)) === 'completed') await parked.remove(id);
}
