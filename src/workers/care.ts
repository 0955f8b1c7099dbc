/** Shuts BullMQ workers down, and backs off while Redis rejects commands. */
import type { Job, Worker } from 'bullmq';
import { atMost } from '../redis/deadline.ts';

const PAUSE_AFTER_ERROR_MS = 1_000;
const LAST_WORDS_MS = 500;

/** `running`: jobs with their locks' tokens. */
export async function closeAll(
  workers: readonly Worker[],
  running: Iterable<[Job, string]>,
  deadlineMs: number,
): Promise<void> {
  // close() never resolves while Redis is unavailable.
  await atMost(deadlineMs, Promise.allSettled(workers.map((worker) => worker.close())));
  // Otherwise they wait until their locks expire. Writes that still happen are idempotent for the next worker.
  const givenBack = [...running].map(([job, token]) => job.moveToWait(token));
  await atMost(LAST_WORDS_MS, Promise.allSettled(givenBack));
  await atMost(LAST_WORDS_MS, disconnectAll(workers));
}

/** One first: they share a connection, and each would add a listener to it that ends. */
async function disconnectAll([first, ...others]: readonly Worker[]): Promise<void> {
  await first?.disconnect().catch(() => undefined);
  await Promise.allSettled(others.map((worker) => worker.disconnect()));
}

/** While Redis rejects commands (READONLY, OOM), fetching would fail thousands of times a second without a pause. */
export function pauseOnErrors(
  worker: Worker,
  report: (error: Error) => void,
  staysPaused: () => boolean,
): void {
  let isPausing = false;
  worker.on('error', (error) => {
    report(error);
    if (isPausing || worker.closing) return;
    isPausing = true;
    worker.pause(true).catch(report);
    setTimeout(() => {
      isPausing = false;
      if (!worker.closing && !staysPaused()) worker.resume().catch(report);
    }, PAUSE_AFTER_ERROR_MS).unref();
  });
}
