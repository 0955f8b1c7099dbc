/**
 * The queue of one stream (a partition, or the only one), with what is kept beside it in the same slot: the books, which say what
 * became of every entry, and the payloads of large batches. Both are written before a job is added, so that whatever dies in
 * between, the entries are counted once and no job is without its batch.
 */
import type { Job } from 'bullmq';
import { queues as definitions, liesBeside, type NewBatch } from '../../queues/index.ts';
import { crashPoint, isArmed } from '../observe/crash-points.ts';
import type { RedisClient } from '../redis/connections.ts';
import { laneName } from '../redis/keys.ts';
import { type Balance, createBooks } from './books.ts';
import { type Adds, type JobQueue, openJobQueue } from './job-queue.ts';
import { createPayloads, type Payload } from './payloads.ts';

export interface Lane extends JobQueue, Adds<NewBatch> {
  balance(): Promise<Balance>;
  /** Closes the books of jobs that were removed by hand and sweeps payloads that no job needs; how many entries were removed so. */
  tidy(olderThanMs?: number): Promise<number>;
}

/** The batch of a job was not found beside it. */
export class PayloadGone extends Error {
  override name = 'PayloadGone';
}

/** `nth`: which of the streams in SKYWIRE_STREAM, from 0. */
export function openLane(client: RedisClient, nth: number, deliveryAttempts: number): Lane {
  const { matches } = definitions;
  const jobs = openJobQueue(client, matches, deliveryAttempts, laneName(nth));
  const books = createBooks(client, jobs.name);
  const payloads = createPayloads(client, jobs.name);

  return {
    ...jobs,
    async add(batches) {
      const encoded = batches.map(matches.encode);
      const ids = batches.map(matches.id);
      const large = encoded.flatMap(({ payload }, at): Payload[] => (payload ? [[ids[at]!, payload]] : []));
      const entered = books.open(ids.map((id, at) => ({ id, entries: batches[at]!.entries.length })));
      // One connection: these commands run before the jobs are added, whatever happens then.
      const before = Promise.all([entered, payloads.put(large)]);
      if (isArmed('pump.before-add')) await before;
      if (large.length) crashPoint('pump.before-add');
      const [isAdded] = await Promise.all([jobs.add(batches, encoded), before]);
      // Where a minute passed between the two, the payload looked abandoned and may have been swept.
      const missing = await payloads.missing(large.map(([jobId]) => jobId));
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
      // What a death leaves behind here is swept.
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
    `its entries, ${first} to ${last} of ${String(stream)}, are no longer beside it: it was done before, or they were removed by hand. ` +
    `Where npm run audit misses one of them: npm run replay -- --from ${first} --to ${last}; then remove this job`
  );
}
