/** The discard in Redis: its state, its jobs, and who drives it. All web processes share it. */
import type { RedisClient } from '../../redis/connections.ts';
import { exportedKey, discardKeys as keys, retryRunKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Phase } from '../retry/run.ts';
import { LEASE_MS } from '../retry/store.ts';

const startScript = loadScript(new URL('start-discard.lua', import.meta.url));
const leadScript = loadScript(new URL('lead-discard.lua', import.meta.url));
const saveScript = loadScript(new URL('save-discard.lua', import.meta.url));
const keepLease = loadScript(new URL('../retry/keep-lease.lua', import.meta.url));

export interface Discard {
  id: string;
  by: string;
  from: string;
  /** In words. */
  what: string;
  startedAt: string;
  total: number;
  /** Processed so far: discarded + changed + gone. */
  done: number;
  discarded: number;
  /** Not discarded: retried or edited since they were exported. */
  changed: number;
  /** No longer there. */
  gone: number;
  why?: string;
  endedAt?: string;
}

export interface StoredDiscard {
  phase: Phase;
  run: Discard;
  stopAskedBy?: string;
}

/** A match as it was exported. */
export interface Listed {
  id: string;
  score: number;
  digest: string;
}

export type StartOutcome = 'started' | 'one is going' | 'not exported' | 'another number';

export interface DiscardStore {
  read(): Promise<StoredDiscard | undefined>;
  /** The export's list becomes that of the discard. */
  start(run: Discard, exportId: string): Promise<StartOutcome>;
  askToStop(by: string): Promise<void>;
  /** Takes or renews the lease. undefined: no discard, or another process drives it. */
  lead(driver: string): Promise<Omit<StoredDiscard, 'phase'> | undefined>;
  /** In the order of the export. */
  jobs(from: number, count: number): Promise<Listed[]>;
  /** false: the driver lost the lease. */
  save(driver: string, phase: Phase, run: Discard): Promise<boolean>;
  resign(driver: string): Promise<void>;
}

export function createDiscardStore(client: RedisClient): DiscardStore {
  return {
    async read() {
      const [phase, run, stop] = await client.hmget(keys.state, 'phase', 'run', 'stop');
      return phase && run ? { phase: phase as Phase, ...parsed(run, stop) } : undefined;
    },
    async start(run, exportId) {
      const all = [keys.state, keys.jobs, retryRunKeys.state, exportedKey(exportId).complete];
      const [outcome] = (await runScript(client, startScript, all, [
        JSON.stringify(run),
        String(run.total),
      ])) as [StartOutcome, number];
      return outcome;
    },
    async askToStop(by) {
      await client.hset(keys.state, 'stop', by);
    },
    async lead(driver) {
      const led = await runScript(client, leadScript, [keys.state, keys.lease], [driver, LEASE_MS]);
      if (!led) return undefined;
      const [run, stop] = led as [string, string | null];
      return parsed(run, stop);
    },
    async jobs(from, count) {
      // The first entry says what was exported.
      const rows = await client.lrange(keys.jobs, from + 1, from + count);
      return rows.map((row) => {
        const [score, digest = '', ...id] = row.split(' ');
        return { id: id.join(' '), score: Number(score), digest };
      });
    },
    async save(driver, phase, run) {
      const args = [driver, LEASE_MS, phase, JSON.stringify(run)];
      return (await runScript(client, saveScript, [keys.state, keys.jobs, keys.lease], args)) === 1;
    },
    async resign(driver) {
      await runScript(client, keepLease, [keys.lease], [driver, 0]);
    },
  };
}

const parsed = (run: string, stop: string | null | undefined) => ({
  run: JSON.parse(run) as Discard,
  ...(stop && { stopAskedBy: stop }),
});
