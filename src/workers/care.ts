/** How a worker of BullMQ is ended, and kept from running wild while Redis refuses. */
import type { Job, Worker } from 'bullmq';
import { atMost } from '../redis/deadline.ts';

const PAUSE_AFTER_ERROR_MS = 1_000;
const LAST_WORDS_MS = 500;

/** `running`: jobs with their locks' tokens. */
export async function closeAll(
  workers: readonly Worker[],
  running: ReadonlyMap<Job, string>,
  deadlineMs: number,
): Promise<void> {
  // close() never resolves while Redis is away.
  await atMost(deadlineMs, Promise.allSettled(workers.map((worker) => worker.close())));
  // Without this they would wait for their locks to run out. What they still write changes nothing for whoever runs them again.
  const givenBack = [...running].map(([job, token]) => job.moveToWait(token));
  await atMost(LAST_WORDS_MS, Promise.allSettled(givenBack));
  await atMost(LAST_WORDS_MS, Promise.allSettled(workers.map((worker) => worker.disconnect())));
}

/** Fetching fails without a pause while Redis refuses (READONLY, OOM): thousands of times a second unless we wait. */
export function pauseOnErrors(worker: Worker, report: (error: Error) => void): void {
  let isPausing = false;
  worker.on('error', (error) => {
    report(error);
    if (isPausing || worker.closing) return;
    isPausing = true;
    worker.pause(true).catch(report);
    setTimeout(() => {
      isPausing = false;
      if (!worker.closing) worker.resume().catch(report);
    }, PAUSE_AFTER_ERROR_MS).unref();
  });
}
