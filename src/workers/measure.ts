/** What a run of a job leaves in the metrics: how long it took, how it ended, and how old its matches were at the end. */
import { DelayedError, type Job } from 'bullmq';
import type { QueueName } from '../../queues/index.ts';
import type { Events } from '../observe/events.ts';

export async function measure<Result>(
  queue: QueueName,
  job: Job,
  events: Events,
  run: () => Promise<Result>,
): Promise<Result> {
  if (job.attemptsStarted > 1) events.triedAgain(queue);
  const startedAt = performance.now();
  const ended = (how: 'done' | 'postponed' | 'failed') =>
    events.jobEnded(queue, how, (performance.now() - startedAt) / 1_000);
  try {
    const result = await run();
    ended('done');
    settled(queue, job.data, events);
    return result;
  } catch (error) {
    ended(error instanceof DelayedError ? 'postponed' : 'failed');
    throw error;
  }
}

/** A replayed entry is as old as it is: only what comes from the stream for the first time says how fast this is. */
function settled(queue: QueueName, data: unknown, events: Events): void {
  const { ids, entries, entry, run } = (data ?? {}) as Partial<{
    ids: string[];
    entries: { id: string }[];
    entry: { id: string };
    run: string;
  }>;
  const settledIds = ids ?? entries?.map(({ id }) => id);
  if (settledIds) events.batchSettled(settledIds.length);
  if (queue === 'matches' && run !== undefined) return;
  events.settled(queue, settledIds ?? (entry ? [entry.id] : []));
}
