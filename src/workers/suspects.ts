/** Jobs that may end their process, and how many workers they have cost. */
import type { Job } from 'bullmq';
import type { Run } from '../../processors/index.ts';
import type { ParkingReason } from '../../queues/index.ts';

const SUSPECT: ParkingReason = 'suspect';

/** A job whose worker crashed, and a parked suspect that an operator retries: without a retry it fails at once. */
export const mayKill = ({ stalledCounter, name, attemptsMade }: Job): boolean =>
  stalledCounter > 0 || (name === SUSPECT && attemptsMade > 0);

/**
 * BullMQ counts a job's stalls for ever. The count before this attempt is stored as the job's progress from the attempt's first
 * start on; only for jobs that may crash a worker, so that the others cost nothing. One crash may thus be missed.
 */
export async function stallsOf(job: Job): Promise<Pick<Run, 'stalls' | 'stallsBefore'>> {
  const { stalledCounter, attemptsMade } = job;
  if (attemptsMade === 0 || !mayKill(job)) return { stalls: stalledCounter, stallsBefore: 0 };
  const known = job.progress as { attemptsMade?: unknown; stallsBefore?: unknown };
  if (known?.attemptsMade === attemptsMade && typeof known.stallsBefore === 'number') {
    const { stallsBefore } = known;
    return { stalls: stalledCounter - stallsBefore, stallsBefore };
  }
  await job.updateProgress({ attemptsMade, stallsBefore: stalledCounter });
  return { stalls: 0, stallsBefore: stalledCounter };
}
