/** Metrics of one run of a job: duration, outcome, and the age of its matches at the end. */
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
    // The age of a replayed entry says nothing about latency.
    if (job.name !== REPLAYED_BATCH) events.settled(name, ids);
    return result;
  } catch (error) {
    ended(error instanceof DelayedError ? 'postponed' : 'failed');
    throw error;
  }
}
