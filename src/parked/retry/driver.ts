/**
 * Drives a bulk retry: retries jobs at a growing rate, checks their outcomes, stops at the first that fails again. Any web process
 * may drive, one at a time by a lease; after a restart the run continues, slowly again. Each step reads the run from Redis and saves
 * it once, before it retries jobs: Redis rejects a driver that lost the lease, and the next driver knows what is in flight.
 */
import { randomUUID } from 'node:crypto';
import type { Queues } from '../../lanes/queues.ts';
import type { RedisClient } from '../../redis/connections.ts';
import type { Driver } from '../drive.ts';
import type { ParkedIndex } from '../index/parked-index.ts';
import type { ParkedJob } from '../index/parked-job.ts';
import type { OperatorLog } from '../operator-log.ts';
import { candidatesOf } from './candidates.ts';
import { outcomesOf } from './outcomes.ts';
import { retryFailed } from './retry-job.ts';
import { mostInFlight, type RetryRun, rateAfter, reportOf, systemFor } from './run.ts';
import { fieldOf, type InFlight, LEASE_MS, type RunStore } from './store.ts';

export interface RunDriverDeps {
  client: RedisClient;
  queues: Queues;
  index: ParkedIndex;
  store: RunStore;
  operatorLog: OperatorLog;
}

export type RunDriver = Driver;

/** After a stop, jobs in flight get this long to finish, so that the report is complete. */
const SETTLE_MS = 15_000;
const RENEW_EVERY_MS = LEASE_MS / 3;

/** This driver's rate and next jobs; reset with each new lease. */
interface Pace {
  runId: string;
  /** Delivered before this driver took over; the rate starts again from there. */
  before: number;
  waiting: ParkedJob[];
  allowance: number;
  lastStepAt: number;
  stoppingSince?: number;
}

export function createRunDriver({ client, queues, index, store, operatorLog }: RunDriverDeps): RunDriver {
  const driver = randomUUID();
  let pace: Pace | undefined;

  /** Adds the outcomes of jobs in flight to `run`. */
  async function settle(run: RetryRun, inFlight: readonly InFlight[]) {
    const left: InFlight[] = [];
    const over: InFlight[] = [];
    for (const { name, queue } of queues.all) {
      const here = inFlight.filter((job) => job.queue === name);
      const outcomes = await outcomesOf(client, queue, here);
      outcomes.forEach((outcome, at) => {
        const job = here[at]!;
        (outcome.is === 'under way' ? left : over).push(job);
        if (outcome.is === 'delivered') run.delivered += 1;
        if (outcome.is !== 'relapsed') return;
        run.relapsed += 1;
        const { id, subscription } = job;
        run.relapse ??= { queue: name, job: id, reason: outcome.reason, subscription };
      });
    }
    return { left, over };
  }

  /** Jobs to retry now; empty: none is left; undefined: not yet. */
  async function nextJobs(run: RetryRun, pace: Pace, inFlight: InFlight[]): Promise<ParkedJob[] | undefined> {
    const now = performance.now();
    pace.allowance = Math.min(run.rate, pace.allowance + (run.rate * (now - pace.lastStepAt)) / 1_000);
    pace.lastStepAt = now;
    const count = Math.min(Math.floor(pace.allowance), mostInFlight(run.rate) - inFlight.length);
    if (count <= 0) return undefined;
    // Refilled from the index until none is left.
    if (pace.waiting.length === 0) {
      const known = new Set(inFlight.map(fieldOf));
      const found = await candidatesOf(index, run.filter, run.upTo);
      pace.waiting = found.filter((job) => !known.has(fieldOf(job)));
      if (run.total === 0 && found.length > 0) {
        run.total = found.length;
        // Show the count first, and obey a stop requested while counting.
        return undefined;
      }
    }
    const jobs = pace.waiting.splice(0, count);
    pace.allowance -= jobs.length;
    return jobs;
  }

  async function send(run: RetryRun, jobs: readonly ParkedJob[]): Promise<void> {
    const retried = await Promise.all(jobs.map(({ queue, id }) => retryFailed(queues, queue, id)));
    for (const { queue, id } of jobs) index.forget(queue, id);
    const refused = jobs.filter((_, at) => !retried[at]);
    if (!refused.length) return;
    count(run, run.inFlight - refused.length);
    await store.save(driver, { phase: 'running', run }, refused);
  }

  async function stepOnce(): Promise<boolean> {
    const led = await store.lead(driver);
    if (!led) return false;
    const { run, stopAskedBy } = led;
    const isFresh = led.isNewlyLed || pace?.runId !== run.id;
    if (!pace || isFresh) pace = paceFor(run);
    const isResumed = isFresh && run.retried > 0;
    if (isResumed) run.takenOver += 1;
    const { left, over } = await settle(run, led.inFlight);
    const why = stopAskedBy
      ? `stopped by ${stopAskedBy}`
      : run.relapse && 'stopped at the first that failed again';
    if (why) pace.stoppingSince ??= performance.now();
    else run.rate = rateAfter(run.delivered - pace.before);
    const jobs = why ? [] : await nextJobs(run, pace, left);
    const waitedMs = why && pace.stoppingSince ? performance.now() - pace.stoppingSince : 0;
    const isOver = jobs?.length === 0 && (left.length === 0 || waitedMs > SETTLE_MS);
    const phase = !isOver ? 'running' : why ? 'stopped' : 'done';
    count(run, left.length + (jobs?.length ?? 0));
    const endedAt = new Date().toISOString();
    const ended = run.total === 0 ? 'nothing was left to retry' : 'all of them were retried';
    if (isOver) Object.assign(run, { why: why ?? ended, rate: 0, endedAt });
    const savedAt = performance.now();
    if (!(await store.save(driver, { phase, run }, over, jobs))) return false;
    if (isResumed) await note(run, 'resumed after an interruption');
    if (isOver) {
      await note(run, phase);
      await store.resign(driver);
      return false;
    }
    // Redis may have answered so late that another process drives by now. Jobs not retried are then found untouched.
    if (jobs?.length && performance.now() - savedAt < LEASE_MS) await send(run, jobs);
    return true;
  }

  const note = (run: RetryRun, what: string) =>
    operatorLog.note(systemFor(run), `retry group: ${what}`, reportOf(run));

  return {
    async step() {
      // Reading the index may take longer than a lease lasts.
      const renewing = setInterval(() => void store.renew(driver).catch(() => undefined), RENEW_EVERY_MS);
      let isDriving = false;
      try {
        isDriving = await stepOnce();
      } finally {
        clearInterval(renewing);
        if (!isDriving) pace = undefined;
      }
      return isDriving;
    },
    resign: () => store.resign(driver),
  };
}

function paceFor({ id, delivered }: RetryRun): Pace {
  return { runId: id, before: delivered, waiting: [], allowance: 1, lastStepAt: performance.now() };
}

function count(run: RetryRun, inFlight: number): void {
  run.inFlight = inFlight;
  run.retried = run.delivered + run.relapsed + inFlight;
}
