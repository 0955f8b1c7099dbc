/** The loop that drives a retry run or a discard, in every web process; the lease says which one drives. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../observe/logger.ts';
import { atMost } from '../redis/deadline.ts';
import type { Actor, OperatorLog } from './operator-log.ts';

export interface Driver {
  /** One step; false if there is no run for this driver. */
  step(): Promise<boolean>;
  /** Releases the lease. */
  resign(): Promise<void>;
}

const STEP_MS = 200;
/** How often an idle process looks for a run to take over. */
const LOOK_MS = 1_000;

export interface Driving {
  /** Looks for a run at once. */
  wake(): void;
  /** Idempotent, bounded. */
  stop(): Promise<void>;
}

/** `waiting`: the log message while Redis does not answer. */
export function startDriving(driver: Driver, waiting: string, log: Logger): Driving {
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
        log.warn({ error: (error as Error).message.slice(0, 200) }, `${waiting}: Redis does not answer`);
      }
      await pause(isDriving ? STEP_MS : LOOK_MS, undefined, { signal: wake.signal }).catch(() => undefined);
      if (wake.signal.aborted && !signal.aborted) wake = new AbortController();
    }
    await driver.resign().catch(() => undefined);
  }

  let stopped: Promise<void> | undefined;
  return {
    wake: () => wake.abort(),
    stop() {
      stopping.abort();
      wake.abort();
      stopped ??= atMost(2_000, ended);
      return stopped;
    },
  };
}

/** Of a run of retries or discards, as far as a stop needs it. */
interface Stoppable {
  read(): Promise<{ phase: string; run: { id: string; what: string } } | undefined>;
  askToStop(by: string): Promise<void>;
}

/** Whether there was one to stop; the operator log says who asked. */
export async function askToStop(
  { store, operatorLog }: { store: Stoppable; operatorLog: OperatorLog },
  kind: 'retry group' | 'discard group',
  actor: Actor,
): Promise<boolean> {
  const latest = await store.read();
  if (latest?.phase !== 'running') return false;
  await store.askToStop(actor.name);
  await operatorLog.note(actor, `${kind}: stop`, { run: latest.run.id, what: latest.run.what });
  return true;
}
