/** Jobs that may end their process, and how many workers they have cost. */
import type { Job } from 'bullmq';
import type { Run } from '../../processors/index.ts';
import type { ParkingReason } from '../../queues/index.ts';

const SUSPECT: ParkingReason = 'suspect';

/** One whose worker died, and a parked suspect that a person retries: until then it fails at once. */
export const mayKill = ({ stalledCounter, name, attemptsMade }: Job): boolean =>
  stalledCounter > 0 || (name === SUSPECT && attemptsMade > 0);

/**
 * BullMQ counts a job's stalls for ever. What it counted before this attempt is kept as the job's progress from the attempt's first
 * start on; only for jobs that may kill, so that the others cost nothing. One death may thus be forgiven.
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
