/**
 * Runs the processors over all queues: the only `new Worker`.
 * States: running → stopping (fetches no new job, lets running ones finish) → stopped. Invariant: crashes and outages never use up
 * an attempt; only a delivery that was tried and refused counts.
 */
import {
  DelayedError,
  type Job,
  MetricsTime,
  UnrecoverableError,
  Worker,
  type Processor as WorkerProcessor,
} from 'bullmq';
import {
  processors as byName,
  NotYet,
  type Ports,
  type Processor,
  Undelivered,
} from '../../processors/index.ts';
import { type Backoff, backoffMs } from '../../queues/index.ts';
import type { JobQueue } from '../lanes/job-queue.ts';
import type { Queues } from '../lanes/queues.ts';
import { crashPoint } from '../observe/crash-points.ts';
import type { Events } from '../observe/events.ts';
import type { Tracing } from '../observe/tracing.ts';
import type { RedisClient } from '../redis/connections.ts';
import { queuePrefix } from '../redis/keys.ts';
import { closeAll, pauseOnErrors } from './care.ts';
import { postpone } from './delay.ts';
import { fetchesOf } from './fetches.ts';
import { readData } from './job-data.ts';
import { measure } from './measure.ts';
import { createOccupancy, type Occupancy, type QueueWorker } from './occupancy.ts';
import { mayKill, stallsOf } from './suspects.ts';
import { tracedJob } from './traced.ts';

/** A crashed worker's job runs again within LOCK_MS + STALL_CHECK_MS. */
const LOCK_MS = 10_000;
const STALL_CHECK_MS = 5_000;
/** By default two crashes fail a job for good, whatever its attempts. */
const NEVER = 2 ** 31;
const PAUSE_AFTER_ERROR_MS = 1_000;

export interface Workers {
  /** Processes another queue, too. */
  attach(queue: JobQueue): void;
  /** Idempotent. Waits for running jobs until the deadline, then returns the rest to the queue at once. */
  stop(deadlineMs: number): Promise<void>;
}

export interface WorkersOptions {
  client: RedisClient;
  ports: Ports;
  events: Events;
  /** Of deliveries; what runs beside them has no part in a trace. */
  tracing?: Tracing | undefined;
  /** Jobs at once, of all queues together. */
  concurrency: number;
  deliveryBackoff: Backoff;
  queues: Pick<Queues, 'all'>;
  /** By the name of their queue's definition. */
  processors?: Record<string, Processor<never>>;
}

export function startWorkers(options: WorkersOptions): Workers {
  const deliveries = createCrew(options, options.concurrency);
  const crews = [deliveries];
  for (const queue of options.queues.all) {
    const { beside } = queue.definition;
    const crew = beside ? createCrew(options, beside.jobs) : deliveries;
    if (beside) crews.push(crew);
    crew.add(queue);
  }
  let stopped: Promise<void> | undefined;
  /** The jobs running at the time of the iteration. */
  const running: Iterable<[Job, string]> = {
    *[Symbol.iterator]() {
      for (const { occupancy } of crews) yield* occupancy.running;
    },
  };
  return {
    attach(queue) {
      if (!stopped) deliveries.add(queue);
    },
    stop(deadlineMs) {
      // All together: they share a connection.
      const workers = crews.flatMap((crew) => crew.workers.map(({ worker }) => worker));
      stopped ??= closeAll(workers, running, deadlineMs);
      for (const { occupancy } of crews) occupancy.returnHeld();
      return stopped;
    },
  };
}

/** Workers that share this many jobs at once: deliveries never wait for jobs beside them. */
function createCrew(options: WorkersOptions, concurrency: number) {
  const workers: QueueWorker[] = [];
  const occupancy = createOccupancy(workers, concurrency, options.client);
  return {
    workers,
    occupancy,
    add(queue: JobQueue) {
      workers.push(startWorker(queue, options, occupancy));
    },
  };
}

function startWorker(queue: JobQueue, options: WorkersOptions, occupancy: Occupancy): QueueWorker {
  const { name, definition } = queue;
  const { client, events, concurrency, deliveryBackoff } = options;
  const tracing = definition.beside ? undefined : options.tracing;
  const slots = definition.beside?.jobs ?? Math.max(1, Math.floor(concurrency * definition.slots));
  const untraced = (job: Job, token: string, signal: AbortSignal) => run(queue, job, token, signal, options);
  const work: typeof untraced = tracing
    ? (job, ...rest) => tracedJob(tracing, queue, job, () => untraced(job, ...rest))
    : untraced;
  const process: WorkerProcessor = (job, token, signal) =>
    occupancy.run(job, token!, !definition.beside && mayKill(job), () =>
      measure(definition, job, events, () => work(job, token!, signal!)),
    );
  const worker = new Worker(name, process, {
    connection: client,
    prefix: queuePrefix(name),
    skipVersionCheck: true,
    ...(tracing && { telemetry: tracing.telemetry }),
    // Of the first job; occupancy shares the rest out.
    concurrency: 1,
    lockDuration: LOCK_MS,
    stalledInterval: STALL_CHECK_MS,
    maxStalledCount: NEVER,
    // How long fetching pauses after a lost connection; 15 s by default.
    runRetryDelay: PAUSE_AFTER_ERROR_MS,
    // Jobs per minute, for the dashboard's charts: two numbers a minute for a week.
    metrics: { maxDataPoints: MetricsTime.ONE_WEEK },
    settings: { backoffStrategy: (attempt: number) => backoffMs(attempt, deliveryBackoff) },
  });
  worker.on('completed', queue.done);
  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const id of jobIds) worker.cancelJob(id, 'the lock was lost: another worker has this job');
  });
  pauseOnErrors(worker, (error) => events.trouble(`worker of ${name}`, error), occupancy.isAlone);
  return { worker, slots, fetches: fetchesOf(worker) };
}

async function run(
  queue: JobQueue,
  job: Job,
  token: string,
  signal: AbortSignal,
  { ports, events, processors = byName }: WorkersOptions,
): Promise<unknown> {
  const { name, attempts, beside } = queue.definition;
  try {
    const data = await readData(queue, job, token);
    const about = { jobId: job.id!, ...(await stallsOf(job)), attemptsMade: job.attemptsMade, signal };
    const tally = await processors[name]!(data as never, about, ports);
    await queue.settle(job.id!, tally);
    crashPoint('worker.before-complete');
    if (beside) events.lookups(job.name, tally);
    else events.verdicts(name, tally);
    return tally;
  } catch (error) {
    if (error instanceof NotYet) return postpone(job, token);
    if (beside && !(error instanceof DelayedError)) {
      events.trouble(`processor of ${name}`, error as Error);
      return { failed: 1 };
    }
    if (error instanceof DelayedError || error instanceof UnrecoverableError) throw error;
    if (error instanceof Undelivered && error.final) throw new UnrecoverableError(error.message);
    if (error instanceof Undelivered) throw error;
    if (ports.isOutage(error)) {
      events.postponed(name, error as Error);
      return postpone(job, token);
    }
    events.trouble(`processor of ${name}`, error as Error);
    if (attempts === 'until-done') throw new UnrecoverableError(String(error));
    throw error;
  }
}
