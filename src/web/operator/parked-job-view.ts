/** One job in full, as the operator's page shows it and lets it be edited. */
import type { Job } from 'bullmq';
import type { Queues } from '../../lanes/queues.ts';
import { viewJob } from './job-view.ts';
import { redact } from './redact.ts';

/** A longer text is not sent to be edited: the body of the answer could not hold it. */
const MAX_EDITABLE = 200_000;

export interface ParkedJobView {
  queue: string;
  job: string;
  name: string;
  state: string;
  failedReason: string;
  attempts: number;
  parkedAt: string;
  failedAt: string | null;
  /** Cut, and nothing in it hidden or reversed. */
  shown: unknown;
  /** The text of the entry's field `data`, as it is; null where the job has none that could be edited. */
  data: string | null;
}

export async function readParkedJob(
  queues: Queues,
  queueName: string,
  id: string,
): Promise<ParkedJobView | undefined> {
  const found = queues.find(queueName);
  const job = await found?.queue.getJob(id);
  if (!job) return undefined;
  return {
    queue: queueName,
    job: id,
    name: job.name,
    state: await job.getState(),
    failedReason: redact((job.failedReason ?? '').slice(0, 2_000)),
    attempts: job.attemptsMade,
    parkedAt: new Date(job.timestamp).toISOString(),
    failedAt: job.finishedOn ? new Date(job.finishedOn).toISOString() : null,
    shown: viewJob(job.data, found?.definition).shown,
    data: editable(job),
  };
}

function editable(job: Job): string | null {
  const { entry } = (job.data ?? {}) as { entry?: { id?: unknown; data?: unknown; fields?: unknown } };
  if (typeof entry?.id !== 'string') return null;
  const text = typeof entry.data === 'string' ? entry.data : '';
  return text.length > MAX_EDITABLE ? null : text;
}
