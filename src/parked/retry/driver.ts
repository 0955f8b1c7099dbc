/**
 * Moves the run of retries: sends at the rate that is allowed, looks what became of what it sent, stops at the first relapse.
 * Any web process may drive, one at a time by a lease; after a restart the run goes on where it was, slowly again.
 * Invariant: what is sent stands in `inFlight` first, so that whoever goes on knows of it.
 */
import { randomUUID } from 'node:crypto';
import type { Queues } from '../../lanes/queues.ts';
import type { RedisClient } from '../../redis/connections.ts';
import type { ParkedIndex } from '../index/parked-index.ts';
import type { ParkedJob } from '../index/parked-job.ts';
import { matcherOf } from '../index/search.ts';
import type { OperatorLog } from '../operator-log.ts';
import { outcomesOf } from './outcomes.ts';
import { retryFailed } from './retry-job.ts';
import { mostInFlight, type RetryRun, rateAfter, reportOf, systemFor } from './run.ts';
import type { InFlight, RunStore } from './store.ts';

export interface RunDriverDeps {
  client: RedisClient;
  queues: Queues;
  index: ParkedIndex;
  store: RunStore;
  operatorLog: OperatorLog;
}

export interface RunDriver {
  /** One step; whether there is anything to drive here. */
  step(): Promise<boolean>;
  /** Lets another process go on. */
  resign(): Promise<void>;
}

/** After a stop, what is under way gets this long to end, so that the report is whole. */
const SETTLE_MS = 15_000;

/** What the driver keeps between two steps; built anew by whoever takes over. */
interface Memory {
  runId: string;
  inFlight: InFlight[];
  /** Delivered before this process drove: the rate begins anew. */
  before: number;
  waiting: ParkedJob[];
  sent: Set<string>;
  allowance: number;
  lastStepAt: number;
  stoppingSince: number | undefined;
}

export function createRunDriver({ client, queues, index, store, operatorLog }: RunDriverDeps): RunDriver {
  const driver = randomUUID();
  let memory: Memory | undefined;

  async function takeUp(run: RetryRun): Promise<Memory> {
    const inFlight = await store.inFlight();
    const isTakenOver = run.retried > 0;
    if (isTakenOver) {
      run.takenOver += 1;
      await operatorLog.note(systemFor(run), 'retry group: goes on after an interruption', reportOf(run));
    }
    const fresh = { waiting: [], sent: new Set<string>(), allowance: 1, lastStepAt: performance.now() };
    return { runId: run.id, inFlight, before: run.delivered, stoppingSince: undefined, ...fresh };
  }

  async function settle(run: RetryRun, { inFlight, sent }: Memory): Promise<InFlight[]> {
    const left: InFlight[] = [];
    const over: InFlight[] = [];
    for (const { name, queue } of queues.all) {
      const here = inFlight.filter((job) => job.queue === name);
      const outcomes = await outcomesOf(client, queue, here);
      outcomes.forEach((outcome, at) => {
        const job = here[at]!;
        if (outcome.is === 'under way') left.push(job);
        else over.push(job);
        if (outcome.is === 'delivered') run.delivered += 1;
        if (outcome.is === 'untouched') sent.delete(nameOf(job));
        if (outcome.is === 'relapsed') {
          run.relapsed += 1;
          run.relapse ??= relapseOf(job, outcome.reason);
        }
      });
    }
    await store.removeInFlight(over);
    for (const job of over) known.delete(nameOf(job));
    return left;
  }

  const relapseOf = ({ queue, id }: InFlight, reason: string) => ({
    queue,
    job: id,
    reason,
    subscription: known.get(nameOf({ queue, id })) ?? '',
  });
  /** Subscriptions of what is in flight: the index forgets a job when it is sent. */
  const known = new Map<string, string>();

  async function send(run: RetryRun, state: Memory): Promise<void> {
    const now = performance.now();
    state.allowance = Math.min(run.rate, state.allowance + (run.rate * (now - state.lastStepAt)) / 1_000);
    state.lastStepAt = now;
    const room = mostInFlight(run.rate) - state.inFlight.length;
    const count = Math.min(Math.floor(state.allowance), room);
    if (count <= 0) return;
    if (state.waiting.length === 0) state.waiting = await candidates(run, state);
    const jobs = state.waiting.splice(0, count);
    if (!jobs.length) return;
    state.allowance -= jobs.length;
    const sending = jobs.map(({ queue, id, score, attempts }): InFlight => ({ queue, id, score, attempts }));
    await store.addInFlight(sending);
    for (const job of jobs) {
      state.sent.add(nameOf(job));
      known.set(nameOf(job), job.subscription);
    }
    const retried = await Promise.all(jobs.map(({ queue, id }) => retryFailed(queues, queue, id)));
    for (const { queue, id } of jobs) index.forget(queue, id);
    const refused = sending.filter((_, at) => !retried[at]);
    await store.removeInFlight(refused);
    state.inFlight.push(...sending.filter((_, at) => retried[at]));
  }

  /** Read anew when they run out, until none is left. */
  async function candidates(run: RetryRun, { sent }: Memory): Promise<ParkedJob[]> {
    await index.refresh();
    const fits = matcherOf(run.filter);
    const jobs: ParkedJob[] = [];
    for (const job of await index.jobs()) {
      if (job.state === 'failed' && job.score <= run.upTo && !sent.has(nameOf(job)) && fits(job))
        jobs.push(job);
    }
    return jobs.sort((a, b) => a.score - b.score);
  }

  async function finish(run: RetryRun, phase: 'done' | 'stopped', why: string): Promise<void> {
    if (memory) count(run, memory);
    Object.assign(run, { why, rate: 0, endedAt: new Date().toISOString() });
    await store.save(phase, run);
    memory = undefined;
    known.clear();
    await operatorLog.note(systemFor(run), `retry group: ${phase}`, reportOf(run));
    await store.resign(driver);
  }

  return {
    async step() {
      try {
        return await stepOnce();
      } catch (error) {
        // What was sent and what is noted may differ now: what is noted is read again.
        memory = undefined;
        throw error;
      }
    },
    async resign() {
      await store.resign(driver);
    },
  };

  async function stepOnce(): Promise<boolean> {
    const stored = await store.read();
    if (stored?.phase !== 'running' || !(await store.lead(driver))) {
      memory = undefined;
      return false;
    }
    const { run, stopAskedBy } = stored;
    if (memory?.runId !== run.id) memory = await takeUp(run);
    const state = memory;
    state.inFlight = await settle(run, state);
    const why = stopAskedBy ? `stopped by ${stopAskedBy}` : run.relapse && 'stopped at the first relapse';
    if (why) {
      state.stoppingSince ??= performance.now();
      const isSettled = state.inFlight.length === 0 || performance.now() - state.stoppingSince > SETTLE_MS;
      if (isSettled) {
        await finish(run, 'stopped', why);
        return false;
      }
    } else {
      run.rate = rateAfter(run.delivered - state.before);
      await send(run, state);
      if (state.inFlight.length === 0 && (await isEmpty(run, state))) {
        await finish(run, 'done', 'all of them were retried');
        return false;
      }
    }
    count(run, state);
    await store.save('running', run);
    return true;
  }

  function count(run: RetryRun, { inFlight }: Memory): void {
    run.inFlight = inFlight.length;
    run.retried = run.delivered + run.relapsed + run.inFlight;
  }

  async function isEmpty(run: RetryRun, state: Memory): Promise<boolean> {
    if (state.waiting.length === 0 && state.allowance >= 1) state.waiting = await candidates(run, state);
    return state.waiting.length === 0 && state.allowance >= 1;
  }
}

const nameOf = ({ queue, id }: { queue: string; id: string }): string => `${queue}/${id}`;
