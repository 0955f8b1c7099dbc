/** Retries one failed job. Its attempts are not reset, so that it succeeds or fails in one run. */
import { Job } from 'bullmq';
import { queues as definitions } from '../../../queues/index.ts';
import type { Queues } from '../../lanes/queues.ts';
import type { ByHand } from '../by-hand.ts';

/** false: the job is gone, or no longer failed. */
export async function retryFailed(queues: Queues, queueName: string, id: string): Promise<boolean> {
  const queue = queues.find(queueName)?.queue;
  if (!queue) return false;
  try {
    // Without loading its data, which may be megabytes.
    await new Job(queue, '', {}, {}, id).retry('failed');
    return true;
  } catch (error) {
    if (notThere.has((error as { code?: unknown }).code)) return false;
    throw error;
  }
}

/** BullMQ's codes: no such job, locked, not in that state. */
const notThere: ReadonlySet<unknown> = new Set([-1, -2, -3, 0]);

export type EditOutcome = 'retried' | 'not there' | 'not failed' | 'not editable';

/** `data`: the new text of the entry's field `data`, for parked matches only. */
export async function retryOne(
  queues: Queues,
  byHand: ByHand,
  queueName: string,
  id: string,
  data?: string,
): Promise<EditOutcome> {
  const job = await queues.find(queueName)?.queue.getJob(id);
  if (!job) return 'not there';
  if (!(await job.isFailed())) return 'not failed';
  if (data !== undefined) {
    const { entry } = job.data as { entry?: { id?: unknown } };
    if (typeof entry?.id !== 'string') return 'not editable';
    // An entry without `data` loses its other fields, because now it has `data`.
    const edited = { ...(job.data as object), entry: { id: entry.id, data } };
    if (queueName === definitions.parked.name) await byHand.edited(id, edited);
    await job.updateData(edited);
  }
  return (await retryFailed(queues, queueName, id)) ? 'retried' : 'not failed';
}
