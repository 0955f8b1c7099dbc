/** A processor's input: the job's data, complete and validated. */
import { type Job, UnrecoverableError } from 'bullmq';
import type { JobQueue } from '../lanes/job-queue.ts';
import { PayloadGone } from '../lanes/lane.ts';
import { postpone, tries } from './delay.ts';

/** A pump that was suspended while adding the job writes the payload again when it resumes. */
const LOOKS_FOR_PAYLOAD = 7;

/** If the job cannot run, throws the errors that BullMQ treats as "delayed" or "failed"; every other error is an outage. */
export async function readData(queue: JobQueue, job: Job, token: string): Promise<unknown> {
  let data: unknown;
  try {
    data = await queue.take(job);
  } catch (error) {
    if (!(error instanceof PayloadGone)) throw error;
    if (tries(job) < LOOKS_FOR_PAYLOAD) return postpone(job, token);
    throw new UnrecoverableError(error.message);
  }
  const { schema, version } = queue.definition;
  const read = schema.safeParse(data);
  if (read.success) return read.data;
  const { v } = (data ?? {}) as { v?: unknown };
  // A newer version is left to newer workers.
  if (typeof v === 'number' && v > version) return postpone(job, token);
  // A job whose hash is gone runs with `{}`.
  throw new UnrecoverableError(
    `its data is not that of a ${job.queueName} job: the job was removed or changed by hand`,
  );
}
