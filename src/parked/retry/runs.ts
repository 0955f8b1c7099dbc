/** Starts, reads and stops the bulk retry, and runs the loop that drives it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../observe/logger.ts';
import { atMost } from '../../redis/deadline.ts';
import type { Filter } from '../index/search.ts';
import type { Actor } from '../operator-log.ts';
import { candidatesOf } from './candidates.ts';
import { createRunDriver, type RunDriverDeps } from './driver.ts';
import type { RetryRun } from './run.ts';
import type { StoredRun } from './store.ts';

const STEP_MS = 200;
/** How often an idle process looks for a run to take over. */
const LOOK_MS = 1_000;

export interface RetryRuns {
  latest(): Promise<StoredRun | undefined>;
  start(actor: Actor, filter: Filter, what: string): Promise<'started' | 'one is going' | 'nothing fits'>;
  /** Whether there was one to stop. */
  askToStop(actor: Actor): Promise<boolean>;
  /** Ends the loop; another process, or the next start of this one, goes on with the run. */
  stop(): Promise<void>;
}

export function startRetryRuns(deps: RunDriverDeps & { log: Logger }): RetryRuns {
  const { index, store, operatorLog, log } = deps;
  const driver = createRunDriver(deps);
  const stopping = new AbortController();
  const { signal } = stopping;
  let wake = new AbortController();
  const ended = drive();

  async function drive(): Promise<void> {
    while (!signal.aborted) {
      let isDriving = false;
      try {
        isDriving = await driver.step();
      } catch (error) {
        log.warn({ error: (error as Error).message.slice(0, 200) }, 'retries wait: Redis does not answer');
      }
      await pause(isDriving ? STEP_MS : LOOK_MS, undefined, { signal: wake.signal }).catch(() => undefined);
      if (wake.signal.aborted && !signal.aborted) wake = new AbortController();
    }
    await driver.resign().catch(() => undefined);
  }

  let stopped: Promise<void> | undefined;
  return {
    latest: () => store.read(),
    async start({ name, address }, filter, what) {
      const jobs = await candidatesOf(index, filter);
      const newest = jobs.at(-1);
      if (!newest) return 'nothing fits';
      const total = jobs.length;
      const run: RetryRun = {
        id: randomUUID(),
        by: name,
        from: address,
        filter,
        what,
        startedAt: new Date().toISOString(),
        upTo: newest.score,
        total,
        retried: 0,
        delivered: 0,
        relapsed: 0,
        inFlight: 0,
        rate: 1,
        takenOver: 0,
      };
      if (!(await store.start(run))) return 'one is going';
      await operatorLog.note({ name, address }, 'retry group', { run: run.id, what, filter, total });
      wake.abort();
      return 'started';
    },
    async askToStop(actor) {
      const latest = await store.read();
      if (latest?.phase !== 'running') return false;
      await store.askToStop(actor.name);
      await operatorLog.note(actor, 'retry group: stop', { run: latest.run.id, what: latest.run.what });
      return true;
    },
    stop() {
      stopping.abort();
      wake.abort();
      stopped ??= atMost(2_000, ended);
      return stopped;
    },
  };
}
