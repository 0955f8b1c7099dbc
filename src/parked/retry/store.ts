/** The bulk retry in Redis: its state, jobs in flight, and who drives it. All web processes share it. */
import type { RedisClient } from '../../redis/connections.ts';
import { discardKeys, retryRunKeys as keys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Retried } from './outcomes.ts';
import type { Phase, RetryRun } from './run.ts';

const startRun = loadScript(new URL('start-run.lua', import.meta.url));
const leadRun = loadScript(new URL('lead-run.lua', import.meta.url));
const saveRun = loadScript(new URL('save-run.lua', import.meta.url));
const keepLease = loadScript(new URL('keep-lease.lua', import.meta.url));

/** After this time another process takes over from a crashed driver. */
export const LEASE_MS = 6_000;

export interface StoredRun {
  phase: Phase;
  run: RetryRun;
  /** Who asked it to stop. */
  stopAskedBy?: string;
}

/** `subscription`: '' if an older build retried it. */
export type InFlight = Retried & { queue: string; subscription: string };

/** A run as its driver reads it. `isNewlyLed`: another driver may have had the lease in between. */
export type LedRun = Omit<StoredRun, 'phase'> & { isNewlyLed: boolean; inFlight: InFlight[] };

export interface RunStore {
  read(): Promise<StoredRun | undefined>;
  /** false: one, or a discard, is running already. */
  start(run: RetryRun): Promise<boolean>;
  askToStop(by: string): Promise<void>;
  /** Takes or renews the lease. undefined: no run, or another process drives it. */
  lead(driver: string): Promise<LedRun | undefined>;
  /** All or nothing: false if `driver` lost the lease. `over` leaves the jobs in flight, `sent` joins them. */
  save(
    driver: string,
    stored: StoredRun,
    over: readonly InFlight[],
    sent?: readonly InFlight[],
  ): Promise<boolean>;
  /** Never takes a lease that was lost. */
  renew(driver: string): Promise<void>;
  resign(driver: string): Promise<void>;
}

export function createRunStore(client: RedisClient): RunStore {
  const all = [keys.state, keys.inFlight, keys.lease];
  return {
    async read() {
      const [phase, run, stopAskedBy] = await client.hmget(keys.state, 'phase', 'run', 'stop');
      if (!phase || !run) return undefined;
      return { phase: phase as Phase, ...parsed(run, stopAskedBy) };
    },
    start: async (run) =>
      (await runScript(
        client,
        startRun,
        [keys.state, keys.inFlight, discardKeys.state],
        [JSON.stringify(run)],
      )) === 1,
    async askToStop(by) {
      await client.hset(keys.state, 'stop', by);
    },
    async lead(driver) {
      const led = (await runScript(client, leadRun, all, [driver, LEASE_MS])) as LedReply | null;
      if (!led) return undefined;
      const [isNew, run, stopAskedBy, fields] = led;
      return { isNewlyLed: isNew === 1, ...parsed(run, stopAskedBy), inFlight: inFlightOf(fields) };
    },
    async save(driver, { phase, run }, over, sent = []) {
      const state = [driver, LEASE_MS, phase, JSON.stringify(run)];
      const fields = sent.flatMap((job) => [
        fieldOf(job),
        `${job.score} ${job.attempts} ${job.subscription}`,
      ]);
      const args = [...state, over.length, ...over.map(fieldOf), ...fields];
      return (await runScript(client, saveRun, all, args)) === 1;
    },
    async renew(driver) {
      await runScript(client, keepLease, [keys.lease], [driver, LEASE_MS]);
    },
    async resign(driver) {
      await runScript(client, keepLease, [keys.lease], [driver, 0]);
    },
  };
}

type LedReply = [isNew: number, run: string, stopAskedBy: string | null, inFlight: string[]];

const parsed = (run: string, stopAskedBy: string | null | undefined) => ({
  run: JSON.parse(run) as RetryRun,
  ...(stopAskedBy && { stopAskedBy }),
});

function inFlightOf(fields: string[]): InFlight[] {
  const jobs: InFlight[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const [field = '', value = ''] = fields.slice(at, at + 2);
    const slash = field.indexOf('/');
    const [score, attempts, ...words] = value.split(' ');
    const job = { queue: field.slice(0, slash), id: field.slice(slash + 1), subscription: words.join(' ') };
    jobs.push({ ...job, score: Number(score), attempts: Number(attempts) });
  }
  return jobs;
}

export const fieldOf = ({ queue, id }: { queue: string; id: string }): string => `${queue}/${id}`;
