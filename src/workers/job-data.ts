/** What a processor gets: the job's own data and what lies beside it, read and checked. */
import { type Job, UnrecoverableError } from 'bullmq';
import { queues as definitions, liesBeside, type QueueName } from '../../queues/index.ts';
import type { Lane } from '../lanes/queues.ts';
import { postpone, tries } from './put-off.ts';

/** A pump that stood still while it added the job brings its payload again as soon as it goes on. */
const LOOKS_FOR_PAYLOAD = 7;

/** `lane`: of a batch. Throws what BullMQ takes for "later" or "failed" where the job cannot run; everything else is an outage. */
export async function readData(
  kind: QueueName,
  job: Job,
  token: string,
  lane: Lane | undefined,
): Promise<unknown> {
  const { schema, version } = definitions[kind];
  const payload = lane && liesBeside(job.data) ? await lane.payloads.get(job.id!) : undefined;
  const read = schema.safeParse(payload ? { ...(job.data as object), payload } : job.data);
  if (read.success) return read.data;
  const { v } = (job.data ?? {}) as { v?: unknown };
  // One of a newer version is left to newer workers.
  if (typeof v === 'number' && v > version) return postpone(job, token);
  if (lane && liesBeside(job.data) && !payload) {
    if (tries(job) < LOOKS_FOR_PAYLOAD) return postpone(job, token);
    throw new UnrecoverableError(payloadIsGone(job.data));
  }
  // A job whose hash is gone runs with `{}`.
  throw new UnrecoverableError(
    `its data is not that of a ${job.queueName} job: the job was removed or changed by hand`,
  );
}

function payloadIsGone(data: unknown): string {
  const { stream, ids } = data as { stream?: unknown; ids?: unknown };
  const [first, last] = Array.isArray(ids) ? [ids[0], ids.at(-1)] : [];
  return (
    `its entries, ${String(first)} to ${String(last)} of ${String(stream)}, are no longer beside it: it was done before, or they were removed by hand. ` +
    `Where npm run audit misses one of them: npm run replay -- --from ${String(first)} --to ${String(last)}; then remove this job`
  );
}
