/**
 * Discards a group that an operator exported, at a bounded rate: exactly the matches in the export, unless retried or edited since.
 * Any web process may drive, one at a time by a lease. Each step saves its progress; a successor repeats at most the last step.
 */
import { randomUUID } from 'node:crypto';
import type { Queues } from '../../lanes/queues.ts';
import type { Logger } from '../../observe/logger.ts';
import type { RedisClient } from '../../redis/connections.ts';
import type { ByHand } from '../by-hand.ts';
import { askToStop, startDriving } from '../drive.ts';
import type { ParkedIndex } from '../index/parked-index.ts';
import type { Actor, OperatorLog } from '../operator-log.ts';
import { systemFor } from '../retry/run.ts';
import type { Exports } from './exported.ts';
import { removeFailed } from './remove-failed.ts';
import type { Discard, DiscardStore, StartOutcome, StoredDiscard } from './store.ts';

/** With a step every 200 ms: 2,500 a second. */
const JOBS_PER_STEP = 500;

export interface Discards {
  latest(): Promise<StoredDiscard | undefined>;
  /** `jobs`: how many the operator means to discard, which must be the number in the export. */
  start(actor: Actor, exportId: string, jobs: number): Promise<StartOutcome>;
  /** Whether there was one to stop. Matches discarded until then stay discarded. */
  askToStop(actor: Actor): Promise<boolean>;
  /** Ends the loop; another process, or the next start of this one, continues. */
  stop(): Promise<void>;
}

export interface DiscardsDeps {
  client: RedisClient;
  queues: Queues;
  index: ParkedIndex;
  store: DiscardStore;
  exported: Exports;
  byHand: ByHand;
  operatorLog: OperatorLog;
  log: Logger;
  onDiscarded?: ((count: number) => void) | undefined;
}

export function startDiscards(deps: DiscardsDeps): Discards {
  const { client, queues, index, store, exported, byHand, operatorLog, log } = deps;
  const driver = randomUUID();
  const { queue, name } = queues.parked;

  async function step(): Promise<boolean> {
    const led = await store.lead(driver);
    if (!led) return false;
    const { run, stopAskedBy } = led;
    const jobs = stopAskedBy ? [] : await store.jobs(run.done, JOBS_PER_STEP);
    const { removed, gone, changed } = await removeFailed(client, queue, jobs);
    // After the removal: a crash in between leaves a match that the audit reports as missing, never one falsely counted as discarded.
    await byHand.discarded(removed);
    await byHand.discarded(gone, { unlessKnown: true });
    deps.onDiscarded?.(removed.length);
    for (const { id } of jobs) index.forget(name, id);
    run.done += jobs.length;
    run.discarded += removed.length;
    run.gone += gone.length;
    run.changed += changed.length;
    const isOver = jobs.length === 0;
    if (isOver) {
      const why = stopAskedBy ? `stopped by ${stopAskedBy}` : 'the whole export was processed';
      Object.assign(run, { why, endedAt: new Date().toISOString() });
    }
    const phase = !isOver ? 'running' : stopAskedBy ? 'stopped' : 'done';
    if (!(await store.save(driver, phase, run))) return false;
    if (isOver) {
      await operatorLog.note(systemFor(run), `discard group: ${phase}`, reportOf(run));
      await store.resign(driver);
    }
    return !isOver;
  }

  const driving = startDriving({ step, resign: () => store.resign(driver) }, 'discards wait', log);
  return {
    latest: () => store.read(),
    async start({ name: by, address }, exportId, jobs) {
      const about = await exported.read(exportId);
      if (!about) return 'not exported';
      const { what, filter } = about;
      const counts = { total: jobs, done: 0, discarded: 0, changed: 0, gone: 0 };
      const startedAt = new Date().toISOString();
      const run: Discard = { id: randomUUID(), by, from: address, what, startedAt, ...counts };
      const outcome = await store.start(run, exportId);
      if (outcome !== 'started') return outcome;
      const noted = { run: run.id, what, filter, total: jobs, export: exportId };
      await operatorLog.note({ name: by, address }, 'discard group', noted);
      driving.wake();
      return 'started';
    },
    askToStop: (actor) => askToStop(deps, 'discard group', actor),
    stop: driving.stop,
  };
}

const reportOf = ({ id, what, total, discarded, changed, gone, why }: Discard) => ({
  run: id,
  what,
  total,
  discarded,
  ...(changed > 0 && { changed }),
  ...(gone > 0 && { gone }),
  ...(why && { why }),
});
