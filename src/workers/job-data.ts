/** What a processor gets: the job's data, complete and checked. */
import { type Job, UnrecoverableError } from 'bullmq';
import type { JobQueue } from '../lanes/job-queue.ts';
import { PayloadGone } from '../lanes/lane.ts';
import { postpone, tries } from './put-off.ts';

/** A pump that stood still while it added the job writes the payload again as soon as it goes on. */
const LOOKS_FOR_PAYLOAD = 7;

/** Where the job cannot run, throws what BullMQ takes for "delayed" or "failed"; every other error is an outage. */
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
  // One of a newer version is left to newer workers.
  if (typeof v === 'number' && v > version) return postpone(job, token);
  // A job whose hash is gone runs with `{}`.
  throw new UnrecoverableError(
    `its data is not that of a ${job.queueName} job: the job was removed or changed by hand`,
  );
}
