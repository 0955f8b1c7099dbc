/**
 * A lane: the queue of one stream (a partition, or the only one), with its books, which account for every entry, and the payloads
 * of large batches, all in one slot. Books and payloads are written before a job is added: after a crash in between, entries are
 * counted once and no job lacks its payload. The books record that a job was added before its entries may be acknowledged.
 */
import type { Job, Telemetry } from 'bullmq';
import { queues as definitions, liesBeside, type NewBatch } from '../../queues/index.ts';
import { howToRun } from '../config/invocation.ts';
import { crashPoint, isArmed } from '../observe/crash-points.ts';
import type { RedisClient } from '../redis/connections.ts';
import { inOneWrite } from '../redis/one-write.ts';
import { type Balance, createBooks } from './books.ts';
import { type Adds, type JobQueue, openJobQueue } from './job-queue.ts';
import { createPayloads, type Payload } from './payloads.ts';

export interface Lane extends JobQueue, Adds<NewBatch> {
  balance(): Promise<Balance>;
  /** Reconciles the books and sweeps payloads that no job needs; returns how many entries were removed by hand. */
  tidy(olderThanMs?: number): Promise<number>;
}

/** Redis may refuse a payload of this size; a batch of many entries is smaller. */
const RISKY_BYTES = 1_000_001;

/** A job's payload is missing. */
export class PayloadGone extends Error {
  override name = 'PayloadGone';
}

/** `name`: of its queue, by the place of its stream in SKYWIRE_STREAM. */
export function openLane(
  client: RedisClient,
  name: string,
  deliveryAttempts: number,
  telemetry?: Telemetry,
): Lane {
  const { matches } = definitions;
  const jobs = openJobQueue(client, matches, deliveryAttempts, name, telemetry);
  const books = createBooks(client, jobs.name);
  const payloads = createPayloads(client, jobs.name);
  /** Lower once a payload of that size has failed. */
  let riskyBytes = RISKY_BYTES;

  return {
    ...jobs,
    async add(batches) {
      const encoded = batches.map(matches.encode);
      const ids = batches.map(matches.id);
      const large = encoded.flatMap(({ payload }, at): Payload[] => (payload ? [[ids[at]!, payload]] : []));
      const rows = ids.map((id, at) => ({ id, entries: batches[at]!.entries.length }));
      inOneWrite(client);
      const entered = books.open(rows);
      // One connection: Redis runs these commands before it adds the jobs.
      const largest = Math.max(0, ...large.map(([, { length }]) => length));
      const before = Promise.all([entered, payloads.put(large)]).catch((error: Error) => {
        riskyBytes = Math.min(riskyBytes, largest);
        throw error;
      });
      // If Redis refuses a payload, ioredis reconnects and still adds the job, which would lack its payload.
      if (largest >= riskyBytes || isArmed('pump.before-add')) await before;
      if (large.length) crashPoint('pump.before-add');
      const [isAdded] = await Promise.all([jobs.add(batches, encoded), before]);
      if (largest >= riskyBytes) riskyBytes = RISKY_BYTES;
      // If a minute passed between the two, the payload looked abandoned and may have been swept.
      const [missing] = await Promise.all([
        payloads.missing(large.map(([jobId]) => jobId)),
        books.confirm(rows.filter((_, at) => isAdded[at])),
      ]);
      return ids.map((id, at) => isAdded[at]! && !missing.has(id));
    },
    async take(job) {
      if (!liesBeside(job.data)) return job.data;
      const payload = await payloads.get(job.id!);
      if (!payload) throw new PayloadGone(whatIsGone(matches.entryIds(job.data), job));
      return { ...(job.data as object), payload };
    },
    settle: books.settle,
    done({ id, data }) {
      if (!liesBeside(data)) return;
      crashPoint('worker.after-complete');
      // After a crash here, tidy() sweeps it.
      payloads.remove(id!).catch(() => undefined);
    },
    balance: books.balance,
    async tidy(olderThanMs) {
      const vanished = await books.reconcile(olderThanMs);
      await payloads.sweep();
      return vanished;
    },
  };
}

function whatIsGone(ids: readonly string[], { data }: Job): string {
  const [first, last] = [ids[0], ids.at(-1)];
  const { stream } = data as { stream?: unknown };
  return (
    `its payload (entries ${first} to ${last} of ${String(stream)}) is gone: the job had completed before, or the payload was removed by hand. ` +
    `If ${howToRun('audit')} misses one of them: ${howToRun('replay', `--from ${first} --to ${last}`)}; then remove this job`
  );
}
