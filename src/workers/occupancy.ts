/**
 * Which jobs run in this process, over all its queues: at most `slots`. Each queue's worker fetches one more than it runs, which starts at once
 * where a slot is free, or waits for its turn.
 *
 * A job that may crash the process runs alone in it, so that it takes no other job with it: the workers stop fetching, running jobs finish,
 * and fetched ones go back to their queue, where they do not count as stalled.
 */
import { type Job, WaitingError, type Worker } from 'bullmq';
import type { RedisClient } from '../redis/connections.ts';
import { atMost } from '../redis/deadline.ts';

/** After this it runs alongside a job that does not end. */
const OTHERS_END_WITHIN_MS = 10_000;

export interface Occupancy {
  /** Each with its lock's token. */
  running: ReadonlyMap<Job, string>;
  isAlone(): boolean;
  /** Once the workers are closing: jobs waiting for a slot do not start. */
  returnHeld(): void;
  run<Result>(job: Job, token: string, mayKill: boolean, work: () => Promise<Result>): Promise<Result>;
}

/** One queue's worker; `slots`: most of its jobs at once. */
export interface QueueWorker {
  worker: Worker;
  slots: number;
  /** Not answered yet. */
  fetches(): number;
}

/** `client`: the connection over which the workers complete their jobs. */
export function createOccupancy(
  workers: readonly QueueWorker[],
  slots: number,
  client: RedisClient,
): Occupancy {
  const running = new Map<Job, string>();
  /** Fetched, and waiting for a slot, oldest first. */
  const held: (() => void)[] = [];
  let isAlone = false;
  /** Fetched jobs that went back to their queue. */
  const returns = { begun: 0, done: 0 };
  let oneEnded = () => {};

  /**
   * One more than run here, so that a worker whose only job takes long has another one whose end makes it fetch more: a higher concurrency
   * alone does not. No more than that: BullMQ fetches up to its concurrency before it starts the first, and a lone job would wait for
   * the answer that there is no second one.
   */
  function share(): void {
    const here = new Map<string, number>();
    for (const { queueName } of running.keys()) here.set(queueName, (here.get(queueName) ?? 0) + 1);
    for (const { worker, slots: own } of workers)
      worker.concurrency = Math.min(own, (here.get(worker.name) ?? 0) + 1);
  }

  const mustReturn = () => isAlone || workers.some(({ worker }) => worker.closing !== undefined);

  async function giveBack(job: Job, token: string): Promise<never> {
    returns.begun += 1;
    // If Redis refuses it, the job starts again once its lock has expired; an error would fail the job.
    await job.moveToWait(token).catch(() => undefined);
    returns.done += 1;
    oneEnded();
    throw new WaitingError();
  }

  /** The workers are paused. Nothing else runs here, and nothing that was fetched is still to go back. */
  async function othersEnded(): Promise<void> {
    for (let before = -1; before !== returns.begun; ) {
      while (running.size > 1 || returns.begun > returns.done)
        await new Promise<void>((resolve) => {
          oneEnded = resolve;
        });
      before = returns.begun;
      // BullMQ completes a job after its processor has returned, perhaps with a fetch. Redis runs the commands of a connection in order.
      do {
        await new Promise(setImmediate);
        await client.ping();
      } while (workers.some(({ fetches }) => fetches() > 0));
      await new Promise(setImmediate);
    }
  }

  function returnHeld(): void {
    for (const start of held.splice(0)) start();
  }

  async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    isAlone = true;
    returnHeld();
    try {
      await Promise.all(workers.map(({ worker }) => worker.pause(true)));
      await atMost(OTHERS_END_WITHIN_MS, othersEnded()).catch(() => undefined);
      return await work();
    } finally {
      isAlone = false;
      for (const { worker } of workers) if (!worker.closing) void worker.resume();
    }
  }

  return {
    running,
    isAlone: () => isAlone,
    returnHeld,
    async run(job, token, mayKill, work) {
      if (mustReturn()) return giveBack(job, token);
      // No job overtakes waiting ones.
      if (running.size < slots && held.length === 0) running.set(job, token);
      else
        await new Promise<void>((resolve) => {
          held.push(() => {
            running.set(job, token);
            resolve();
          });
        });
      try {
        if (mustReturn()) return await giveBack(job, token);
        share();
        return await (mayKill ? alone(work) : work());
      } finally {
        running.delete(job);
        oneEnded();
        held.shift()?.();
        // After BullMQ has decided whether to fetch the next with the completion of this one: those that end together all do.
        setImmediate(share);
      }
    },
  };
}
