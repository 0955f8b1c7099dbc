/** Delays a job without using up an attempt. */
import { DelayedError, type Job } from 'bullmq';
import { backoffMs, outageBackoff } from '../../queues/index.ts';

/** Starts of the job that did not use up an attempt, including this one. */
export const tries = ({ attemptsStarted, attemptsMade }: Job): number =>
  Math.max(1, attemptsStarted - attemptsMade);

/** With a backoff meant for outages. */
export async function postpone(job: Job, token: string): Promise<never> {
  return delay(job, token, backoffMs(tries(job), outageBackoff));
}

async function delay(job: Job, token: string, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token);
  throw new DelayedError();
}
