/** How a worker of BullMQ is ended, and kept from running wild while Redis refuses. */
import type { Job, Worker } from 'bullmq';

const PAUSE_AFTER_ERROR_MS = 1_000;

/** `running`: jobs with their locks' tokens. */
export async function closeAll(
  workers: readonly Worker[],
  running: ReadonlyMap<Job, string>,
  deadlineMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  // close() never resolves while Redis is away.
  await Promise.race([Promise.allSettled(workers.map((worker) => worker.close())), deadline]);
  clearTimeout(timer);
  // Without this they would wait for their locks to run out. What they still write changes nothing for whoever runs them again.
  const givenBack = [...running].map(([job, token]) => job.moveToWait(token));
  await Promise.race([Promise.allSettled(givenBack), shortly()]);
  await Promise.race([Promise.allSettled(workers.map((worker) => worker.disconnect())), shortly()]);
}

const shortly = () => new Promise<void>((resolve) => setTimeout(resolve, 500).unref());

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
