/** Starts, reads and stops the bulk retry. */
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../observe/logger.ts';
import { DeadlinePassed, within } from '../../redis/deadline.ts';
import { askToStop, startDriving } from '../drive.ts';
import type { Filter } from '../index/search.ts';
import type { Actor } from '../operator-log.ts';
import { candidatesOf, newestFailure } from './candidates.ts';
import { createRunDriver, type RunDriverDeps } from './driver.ts';
import type { RetryRun } from './run.ts';
import type { StoredRun } from './store.ts';

/** A start waits this long for the index. If that takes longer, the run counts its matches once the index is loaded. */
const COUNT_WITHIN_MS = 1_000;

export interface RetryRuns {
  latest(): Promise<StoredRun | undefined>;
  start(actor: Actor, filter: Filter, what: string): Promise<'started' | 'one is going' | 'nothing fits'>;
  /** Whether there was one to stop. */
  askToStop(actor: Actor): Promise<boolean>;
  /** Ends its loop; another process, or the next start of this one, continues the run. */
  stop(): Promise<void>;
}

export function startRetryRuns(deps: RunDriverDeps & { log: Logger }): RetryRuns {
  const { index, store, operatorLog, log } = deps;
  const driver = createRunDriver(deps);
  const driving = startDriving(driver, 'retries wait', log);
  return {
    latest: () => store.read(),
    async start({ name, address }, filter, what) {
      const upTo = await newestFailure(deps);
      const found = upTo === undefined ? [] : await soon(candidatesOf(index, filter, upTo));
      if (upTo === undefined || found?.length === 0) return 'nothing fits';
      const total = found?.length ?? 0;
      const run: RetryRun = {
        id: randomUUID(),
        by: name,
        from: address,
        filter,
        what,
        startedAt: new Date().toISOString(),
        upTo,
        total,
        retried: 0,
        delivered: 0,
        relapsed: 0,
        inFlight: 0,
        rate: 1,
        takenOver: 0,
      };
      if (!(await store.start(run))) return 'one is going';
      await operatorLog.note({ name, address }, 'retry group', {
        run: run.id,
        what,
        filter,
        ...(total > 0 && { total }),
      });
      driving.wake();
      return 'started';
    },
    askToStop: (actor) => askToStop(deps, 'retry group', actor),
    stop: driving.stop,
  };
}

/** undefined: not yet. */
async function soon<T>(work: Promise<T>): Promise<T | undefined> {
  return within(COUNT_WITHIN_MS, work).catch((error: unknown) => {
    if (error instanceof DeadlinePassed) return undefined;
    throw error;
  });
}
