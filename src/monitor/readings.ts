/**
 * The state in Redis for metrics and overview: streams, queues, parked matches, servers. Each part is read independently: one that
 * fails or times out is undefined.
 */
import type { Balance } from '../lanes/books.ts';
import type { JobQueue } from '../lanes/job-queue.ts';
import { type Limits, readLimits } from '../lanes/limits.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { within } from '../redis/deadline.ts';
import { createCanaryAge } from './canary-age.ts';
import { type LossReading, readLosses } from './read-losses.ts';
import { readServer, type ServerReading } from './read-server.ts';
import { readStream, type StreamReading } from './read-stream.ts';
import type { ReadStanding, Standing } from './standing.ts';

export const jobStates = ['waiting', 'active', 'delayed', 'failed'] as const;
export type JobState = (typeof jobStates)[number];
/** `definition`: by its name; each partition of the stream has a queue of its own. */
export type QueueReading = {
  queue: string;
  definition: string;
  /** No stream of SKYWIRE_STREAM uses it any more. */
  isLeftover?: boolean;
  /** undefined: not known yet. */
  standing?: Standing | undefined;
  limits: Limits;
} & Record<JobState, number>;

/** `skywire` only if it is a separate server. */
export type ServerName = 'home' | 'skywire';

/** undefined: could not be read. */
export interface Readings {
  streams: StreamReading[] | undefined;
  queues: QueueReading[] | undefined;
  /** Parked matches that need an operator, by reason. */
  parked: Record<string, number> | undefined;
  balance: Balance | undefined;
  /** Within the replay window. */
  losses: LossReading[] | undefined;
  /** Also undefined if none ever arrived, or none is sent. */
  canaryAgeMs: number | undefined;
  /** The stream of that canary: of several, the one furthest behind. */
  canaryStream?: string | undefined;
  servers: Partial<Record<ServerName, ServerReading | undefined>>;
}

export interface ReadingsOptions {
  home: RedisClient;
  skywire: RedisClient;
  /** Whether Skywire's stream is on another server than the queues. */
  isTwoServers: boolean;
  queues: Queues;
  streams: readonly string[];
  group: string;
  /** Replay window. */
  windowMs: number;
  readParked: () => Promise<Record<string, number>>;
  readStanding?: ReadStanding;
  /** false: no canary is sent, and the age of the last one says nothing. True by default. */
  sendsCanary?: boolean;
}

const READ_WITHIN_MS = 2_000;
/** Cached, since several may ask at once: Prometheus, and pages in browsers. */
const FRESH_FOR_MS = 900;

export type TakeReadings = () => Promise<Readings>;

/** Never rejects; resolves within READ_WITHIN_MS. */
export function createReadings(options: ReadingsOptions): TakeReadings {
  const {
    home,
    skywire,
    isTwoServers,
    queues,
    streams,
    group,
    windowMs,
    readParked,
    readStanding = () => undefined,
    sendsCanary = true,
  } = options;
  const canaryAge = createCanaryAge(home, streams);
  let latest: Promise<Readings> | undefined;
  let readAt = 0;

  async function read(): Promise<Readings> {
    const [found, jobs, parked, balance, losses, canary, homeServer, skywireServer] = await Promise.all([
      part(Promise.all(streams.map((stream) => readStream(skywire, stream, group, windowMs)))),
      part(readQueues(queues, readStanding)),
      part(readParked()),
      part(queues.balance()),
      part(readLosses(home, streams, windowMs)),
      sendsCanary ? part(canaryAge()) : undefined,
      part(readServer(home)),
      isTwoServers ? part(readServer(skywire)) : undefined,
    ]);
    return {
      streams: found,
      queues: jobs,
      parked,
      balance,
      losses,
      canaryAgeMs: canary?.ms,
      canaryStream: canary?.stream,
      servers: { home: homeServer, ...(isTwoServers && { skywire: skywireServer }) },
    };
  }

  return () => {
    if (!latest || performance.now() - readAt > FRESH_FOR_MS) {
      readAt = performance.now();
      latest = read();
    }
    return latest;
  };
}

function readQueues({ all, leftovers }: Queues, standing: ReadStanding): Promise<QueueReading[]> {
  const left = new Set<JobQueue>(leftovers());
  return Promise.all(
    all.map(async (one) => ({
      ...(await readQueue(one)),
      isLeftover: left.has(one),
      standing: standing(one.name),
    })),
  );
}

async function readQueue({ name, definition, queue }: JobQueue): Promise<QueueReading> {
  const [counts, limits] = await Promise.all([queue.getJobCounts(...jobStates), readLimits(queue)]);
  const jobs = Object.fromEntries(jobStates.map((state) => [state, counts[state] ?? 0]));
  return { queue: name, definition: definition.name, limits, ...(jobs as Record<JobState, number>) };
}

const part = <T>(work: Promise<T>): Promise<T | undefined> =>
  within(READ_WITHIN_MS, work).catch(() => undefined);
