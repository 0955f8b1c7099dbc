/** The one run of retries in Redis: its state, what is in flight, who drives it. Every web process sees the same. */
import type { RedisClient } from '../../redis/connections.ts';
import { retryRunKeys as keys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Retried } from './outcomes.ts';
import type { Phase, RetryRun } from './run.ts';

const startRun = loadScript(new URL('start-run.lua', import.meta.url));
const keepLease = loadScript(new URL('keep-lease.lua', import.meta.url));

/** A driver that died is followed by another after this time. */
const LEASE_MS = 6_000;

export interface StoredRun {
  phase: Phase;
  run: RetryRun;
  /** Who asked it to stop. */
  stopAskedBy?: string;
}

export type InFlight = Retried & { queue: string };

export interface RunStore {
  read(): Promise<StoredRun | undefined>;
  /** false where one is going. */
  start(run: RetryRun): Promise<boolean>;
  save(phase: Phase, run: RetryRun): Promise<void>;
  askToStop(by: string): Promise<void>;
  inFlight(): Promise<InFlight[]>;
  addInFlight(jobs: readonly InFlight[]): Promise<void>;
  removeInFlight(jobs: readonly InFlight[]): Promise<void>;
  /** Whether `driver` drives from now on. */
  lead(driver: string): Promise<boolean>;
  resign(driver: string): Promise<void>;
}

export function createRunStore(client: RedisClient): RunStore {
  return {
    async read() {
      const [phase, run, stopAskedBy] = await client.hmget(keys.state, 'phase', 'run', 'stop');
      if (!phase || !run) return undefined;
      return {
        phase: phase as Phase,
        run: JSON.parse(run) as RetryRun,
        ...(stopAskedBy && { stopAskedBy }),
      };
    },
    start: async (run) =>
      (await runScript(client, startRun, [keys.state, keys.inFlight], [JSON.stringify(run)])) === 1,
    async save(phase, run) {
      await client.hset(keys.state, { phase, run: JSON.stringify(run) });
    },
    async askToStop(by) {
      await client.hset(keys.state, 'stop', by);
    },
    async inFlight() {
      return Object.entries(await client.hgetall(keys.inFlight)).map(([job, before]) => {
        const [score = 0, attempts = 0] = before.split(' ').map(Number);
        const slash = job.indexOf('/');
        return { queue: job.slice(0, slash), id: job.slice(slash + 1), score, attempts };
      });
    },
    async addInFlight(jobs) {
      const entries = jobs.map((job) => [fieldOf(job), `${job.score} ${job.attempts}`]);
      if (entries.length) await client.hset(keys.inFlight, Object.fromEntries(entries));
    },
    async removeInFlight(jobs) {
      if (jobs.length) await client.hdel(keys.inFlight, ...jobs.map(fieldOf));
    },
    lead: async (driver) => (await runScript(client, keepLease, [keys.lease], [driver, LEASE_MS])) === 1,
    async resign(driver) {
      await runScript(client, keepLease, [keys.lease], [driver, 0]);
    },
  };
}

const fieldOf = ({ queue, id }: InFlight): string => `${queue}/${id}`;
