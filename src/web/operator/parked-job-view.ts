/** One parked job in full, for display and editing. */
import type { Job } from 'bullmq';
import type { Queues } from '../../lanes/queues.ts';
import { viewJob } from './job-view.ts';
import { redact } from './redact.ts';

/** The edited text must fit into a request body (256 kB). */
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
  /** For display: cut, and redacted. */
  shown: unknown;
  /** The entry's field `data`, unchanged; null if the job has none or it is too large to edit. */
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
