import type { Job, Worker } from 'bullmq';

type MoveToActive = (token: string, name?: string) => Promise<Job | undefined>;

/**
 * BullMQ's worker fetches also while it is paused, if a job comes for which it had been waiting. From now on this one does not, but
 * after `resume()`. Returns how many of its fetches are not answered yet.
 */
export function fetchesOf(worker: Worker): () => number {
  const hidden = worker as unknown as { moveToActive: MoveToActive; drained: boolean };
  const fetch = hidden.moveToActive.bind(worker);
  let fetches = 0;
  let hasMissed = false;
  hidden.moveToActive = async (...args) => {
    if (worker.isPaused()) {
      hasMissed = true;
      return undefined;
    }
    fetches += 1;
    try {
      return await fetch(...args);
    } finally {
      fetches -= 1;
    }
  };
  worker.on('resumed', () => {
    // It does not wait for another job, whose announcement it would need, before it fetches this one.
    if (hasMissed) hidden.drained = false;
    hasMissed = false;
  });
  return () => fetches;
}
