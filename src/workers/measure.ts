/** What a run of a job leaves in the metrics: how long it took, how it ended, and how old its matches were at the end. */
import { DelayedError, type Job } from 'bullmq';
import { queues as definitions, type QueueTraits, REPLAYED_BATCH } from '../../queues/index.ts';
import type { Events } from '../observe/events.ts';

export async function measure<Result>(
  definition: QueueTraits,
  job: Job,
  events: Events,
  run: () => Promise<Result>,
): Promise<Result> {
  const { name } = definition;
  if (job.attemptsStarted > 1) events.triedAgain(name);
  const startedAt = performance.now();
  const ended = (how: 'done' | 'postponed' | 'failed') =>
    events.jobEnded(name, how, (performance.now() - startedAt) / 1_000);
  try {
    const result = await run();
    ended('done');
    const ids = definition.entryIds(job.data);
    if (definition === definitions.matches) events.batchSettled(ids.length);
    // A replayed entry is as old as it is: only what comes from the stream for the first time says how fast this is.
    if (job.name !== REPLAYED_BATCH) events.settled(name, ids);
    return result;
  } catch (error) {
    ended(error instanceof DelayedError ? 'postponed' : 'failed');
    throw error;
  }
}
