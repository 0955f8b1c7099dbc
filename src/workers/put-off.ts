/** A job that goes back into its queue, for later: no attempt is used up. */
import { DelayedError, type Job } from 'bullmq';
import { backoffMs, outageBackoff } from '../../queues/index.ts';

/** Starts of the job that used no attempt up, this one among them. */
export const tries = ({ attemptsStarted, attemptsMade }: Job): number =>
  Math.max(1, attemptsStarted - attemptsMade);

/** For as long as an outage may take. */
export async function postpone(job: Job, token: string): Promise<never> {
  return putOff(job, token, backoffMs(tries(job), outageBackoff));
}

export async function putOff(job: Job, token: string, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token);
  throw new DelayedError();
}
