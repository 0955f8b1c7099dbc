/**
 * The running balance: entries read = delivered + duplicate + merged + dropped + parked + fanned out + vanished + in flight.
 * Stored in the queue's slot, so that both roll back together. A batch is entered before its job is added and settled before its
 * job completes: after a crash in between it is still open, and counted once. Confirmed: the job was added, so only its removal by
 * hand can explain that it is missing.
 */
import type { RedisClient } from '../redis/connections.ts';
import { booksKeys, queuePrefix } from '../redis/keys.ts';
import { loadScript, runScript } from '../redis/scripts.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const openScript = loadScript(here('open-books.lua'));
const confirmScript = loadScript(here('confirm-books.lua'));
const settleScript = loadScript(here('settle-books.lua'));
const readScript = loadScript(here('read-books.lua'));
const reconcileScript = loadScript(here('reconcile-books.lua'));

/** `vanished`: the job was removed by hand, after its entries were acknowledged. */
export const bookedVerdicts = [
  'delivered',
  'duplicate',
  'merged',
  'dropped',
  'parked',
  'fanned_out',
  'vanished',
] as const;

export interface Balance {
  read: number;
  /** By verdict. */
  settled: Record<(typeof bookedVerdicts)[number], number>;
  inFlight: number;
  /** read - settled - in flight: 0, or a bug. */
  drift: number;
}

export interface Opened {
  id: string;
  entries: number;
}

export interface Books {
  /** Before the jobs are added. */
  open(jobs: readonly Opened[]): Promise<void>;
  /** Once they are added, and before their entries are acknowledged. */
  confirm(jobs: readonly Opened[]): Promise<void>;
  settle(jobId: string, tally: Partial<Record<string, number>>): Promise<void>;
  /** Closes jobs that were removed by hand; returns how many entries they held. */
  reconcile(olderThanMs?: number): Promise<number>;
  balance(): Promise<Balance>;
}

/** Of all partitions together. */
export async function balanceOf(all: readonly Pick<Books, 'balance'>[]): Promise<Balance> {
  const [first, ...others] = await Promise.all(all.map((books) => books.balance()));
  return others.reduce(
    (sum, one) => ({
      read: sum.read + one.read,
      settled: Object.fromEntries(
        bookedVerdicts.map((verdict) => [verdict, sum.settled[verdict] + one.settled[verdict]]),
      ) as Balance['settled'],
      inFlight: sum.inFlight + one.inFlight,
      drift: sum.drift + one.drift,
    }),
    first!,
  );
}

const RECONCILE_AFTER_MS = 60_000;

/** Of the queue of one partition of the stream. */
export function createBooks(client: RedisClient, queue = 'matches'): Books {
  const { books, open } = booksKeys(queue);
  const prefix = `${queuePrefix(queue)}:${queue}:`;
  const completed = `${prefix}completed`;
  const rowsOf = (jobs: readonly Opened[]) => jobs.flatMap(({ id, entries }) => [id, entries]);
  return {
    async open(jobs) {
      await runScript(client, openScript, [books, open, completed], [prefix, ...rowsOf(jobs)]);
    },
    async confirm(jobs) {
      if (jobs.length)
        await runScript(client, confirmScript, [books, open, completed], [prefix, ...rowsOf(jobs)]);
    },
    async settle(jobId, tally) {
      const args = Object.entries(tally).flatMap(([verdict, count]) => [verdict, count ?? 0]);
      await runScript(client, settleScript, [books, open, prefix + jobId], [jobId, ...args]);
    },
    async reconcile(olderThanMs = RECONCILE_AFTER_MS) {
      const keys = [books, open, completed];
      return (await runScript(client, reconcileScript, keys, [prefix, olderThanMs])) as number;
    },
    async balance() {
      const [rows, jobs] = (await runScript(client, readScript, [books, open], [])) as [string[], string[]];
      const counters = new Map(rows.flatMap((name, at) => (at % 2 ? [] : [[name, Number(rows[at + 1])]])));
      const count = (name: string) => counters.get(name) ?? 0;
      const settled = Object.fromEntries(
        bookedVerdicts.map((verdict) => [verdict, count(verdict)]),
      ) as Balance['settled'];
      const inFlight = jobs.reduce((sum, row) => sum + Number.parseInt(row, 10), 0);
      const settledInAll = Object.values(settled).reduce((sum, one) => sum + one, 0);
      return { read: count('read'), settled, inFlight, drift: count('read') - settledInAll - inFlight };
    },
  };
}
