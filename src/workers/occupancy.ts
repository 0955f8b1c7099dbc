/**
 * Which jobs run in this process, over all its queues. One that may end the process runs alone in it, so that it takes no other job
 * with it: the workers stop fetching, what runs ends, and what had been fetched goes back to its queue, where it is no stalled job.
 */
import { type Job, WaitingError, type Worker } from 'bullmq';
import type { RedisClient } from '../redis/connections.ts';
import { atMost } from '../redis/deadline.ts';

/** Then it runs beside a job that does not end. */
const OTHERS_END_WITHIN_MS = 10_000;

export interface Occupancy {
  /** Each with its lock's token. */
  running: ReadonlyMap<Job, string>;
  isAlone(): boolean;
  run<Result>(job: Job, token: string, mayKill: boolean, work: () => Promise<Result>): Promise<Result>;
}

/** `client`: the connection over which the workers complete their jobs. */
export function createOccupancy(workers: readonly Worker[], client: RedisClient): Occupancy {
  const running = new Map<Job, string>();
  let isAlone = false;
  let oneEnded = () => {};

  async function othersEnded(): Promise<void> {
    while (running.size > 1)
      await new Promise<void>((resolve) => {
        oneEnded = resolve;
      });
    // BullMQ completes a job after its processor has returned. Redis runs the commands of a connection in order.
    await new Promise(setImmediate);
    await client.ping();
  }

  async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    isAlone = true;
    try {
      await Promise.all(workers.map((worker) => worker.pause(true)));
      await atMost(OTHERS_END_WITHIN_MS, othersEnded()).catch(() => undefined);
      return await work();
    } finally {
      isAlone = false;
      for (const worker of workers) if (!worker.closing) void worker.resume();
    }
  }

  return {
    running,
    isAlone: () => isAlone,
    async run(job, token, mayKill, work) {
      if (isAlone) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      running.set(job, token);
      try {
        return await (mayKill ? alone(work) : work());
      } finally {
        running.delete(job);
        oneEnded();
      }
    },
  };
}
