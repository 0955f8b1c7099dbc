/** Jobs and inbox writes with tracing. */
import { DelayedError, type Job } from 'bullmq';
import type { Inboxes } from '../../processors/index.ts';
import type { JobQueue } from '../lanes/job-queue.ts';
import type { Facts, Tracing } from '../observe/tracing.ts';

/** Adds to BullMQ's span `process`. */
export async function tracedJob<Result>(
  tracing: Tracing,
  { definition, name }: JobQueue,
  job: Job,
  run: () => Promise<Result>,
): Promise<Result> {
  tracing.note({
    queue: definition.name,
    lane: name,
    attempt: job.attemptsStarted,
    entries: definition.entryIds(job.data).length,
  });
  try {
    const result = await run();
    tracing.note({ outcome: 'done' });
    return result;
  } catch (error) {
    tracing.note({ outcome: error instanceof DelayedError ? 'postponed' : 'failed' });
    throw error;
  }
}

export function tracedInboxes(tracing: Tracing | undefined, inboxes: Inboxes): Inboxes {
  if (!tracing) return inboxes;
  return {
    write: (deliveries) =>
      tracing.span({
        name: 'inbox write',
        facts: { deliveries: deliveries.length },
        async run(add) {
          await inboxes.write(deliveries);
          const results = { delivered: 0, duplicate: 0, merged: 0, erased: 0, refused: 0 } satisfies Facts;
          for (const { result } of deliveries) {
            if (typeof result === 'string') results[result] += 1;
            else if (result) results.refused += 1;
          }
          add(results);
        },
      }),
  };
}
