/** One queue in Redis: the only `new Queue`. Adding a job checks that it was really added. */
import { type Job, type JobsOptions, Queue, RedisConnection, type Telemetry } from 'bullmq';
import type { Encoded, QueueDefinition, QueueTraits } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { queuePrefix } from '../redis/keys.ts';
import { OLDEST } from '../redis/server-check.ts';
import { createHeld, type Held } from './held.ts';
import { createKeeper, type Kept } from './kept.ts';

/** Name of the backoff that workers compute: exponential, with jitter and a cap. */
export const BACKOFF = 'capped-exponential';

/** BullMQ has no "unlimited"; this many attempts take thousands of years. */
const UNTIL_DONE = 2 ** 31;
const MAX_EVENTS = 1_000;

/** A queue as workers, tools and pages use it. */
export interface JobQueue extends Held, Kept {
  name: string;
  definition: QueueTraits;
  queue: Queue;
  /** A job's data, with its payload. */
  take(job: Job): Promise<unknown>;
  /** Records the verdicts of a job's entries, before it completes. Idempotent. */
  settle(jobId: string, tally: Partial<Record<string, number>>): Promise<void>;
  /** Cleans up after a completed job. */
  done(job: Job): void;
}

export interface Adds<New> {
  /**
   * Adds the jobs in order; true for each job that is or was in the queue. Throws while Redis is unavailable.
   * `encoded`: the same jobs, where the caller needs them encoded too.
   */
  add(jobs: readonly New[], encoded?: readonly Encoded[]): Promise<boolean[]>;
}

/** `name`: the queue's name in Redis, if it differs from the definition's. `telemetry`: jobs carry a trace context. */
export function openJobQueue<New>(
  client: RedisClient,
  definition: QueueDefinition<string, unknown, New>,
  deliveryAttempts: number,
  name: string = definition.name,
  telemetry?: Telemetry,
): JobQueue & Adds<New> {
  // BullMQ would request the version only once: a queue or worker that gets no answer fails for as long as it lives.
  RedisConnection.minimumVersion = `${OLDEST.join('.')}.0`;
  const queue = new Queue(name, {
    connection: client,
    prefix: queuePrefix(name),
    streams: { events: { maxLen: MAX_EVENTS } },
    skipWaitingForReady: true,
    skipVersionCheck: true,
    ...(telemetry && { telemetry }),
  });
  // The connection is ours and reports its own errors; without a listener an error event would end the process.
  queue.on('error', () => undefined);
  const { keep, kept } = createKeeper(client, name);
  const options: JobsOptions = {
    attempts: definition.attempts === 'delivery' ? deliveryAttempts : UNTIL_DONE,
    backoff: { type: BACKOFF },
    removeOnComplete: { count: definition.keepCompleted },
    removeOnFail: false,
  };
  return {
    name,
    definition,
    queue,
    ...createHeld(client, queue, definition),
    kept,
    async add(jobs, encoded = jobs.map(definition.encode)) {
      const wanted = jobs.map((one, at) => ({
        name: definition.jobName(one),
        data: encoded[at]!.data,
        opts: { ...options, jobId: definition.id(one) },
      }));
      // One connection, so that Redis registers the references before it adds the jobs.
      const before = keep(wanted.map(({ opts, data }) => ({ jobId: opts.jobId, data })));
      const [added] = await Promise.all([queue.addBulk(wanted), before]);
      // A script error comes back as a job whose id is a negative number: only the very id that was asked for is a success.
      return wanted.map(({ opts }, at) => added[at]?.id === opts.jobId);
    },
    take: (job) => Promise.resolve(job.data),
    settle: () => Promise.resolve(),
    done: () => undefined,
  };
}
