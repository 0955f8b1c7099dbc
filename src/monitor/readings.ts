/**
 * What stands in Redis, for whoever runs this: streams, queues, parked matches, the servers themselves. Every part is read on
 * its own: one that is refused or does not answer is left out, and said so.
 */
import type { Queue } from 'bullmq';
import { parkingReasons } from '../../queues/index.ts';
import { type Balance, balanceOf } from '../lanes/books.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { within } from '../redis/deadline.ts';
import { canaryAge } from './canary-age.ts';
import { createParkedReasons, type ReasonCounts } from './parked-reasons.ts';
import { readServer, type ServerReading } from './read-server.ts';
import { readStream, type StreamReading } from './read-stream.ts';

export const jobStates = ['waiting', 'active', 'delayed', 'failed'] as const;
export type JobState = (typeof jobStates)[number];
export interface QueueReading {
  queue: string;
  jobs: Record<JobState, number>;
}

/** `skywire` only where that is another server. */
export type ServerName = 'home' | 'skywire';

/** undefined: could not be read. */
export interface Readings {
  streams: StreamReading[] | undefined;
  queues: QueueReading[] | undefined;
  parked: ReasonCounts | undefined;
  balance: Balance | undefined;
  /** Also where none ever arrived. */
  canaryAgeMs: number | undefined;
  servers: Partial<Record<ServerName, ServerReading | undefined>>;
}

export interface ReadingsOptions {
  home: RedisClient;
  skywire: RedisClient;
  /** Whether Skywire's stream lies on another server than the queues. */
  isTwoServers: boolean;
  queues: Queues;
  streams: readonly string[];
  group: string;
  /** Where somebody knows them already; else they are counted. */
  readParked?: () => Promise<ReasonCounts>;
}

const READ_WITHIN_MS = 2_000;
/** Many may ask at once: Prometheus, a page in each of ten browsers. */
const FRESH_FOR_MS = 900;

export type TakeReadings = () => Promise<Readings>;

/** Never rejects; answers within READ_WITHIN_MS. What was just read is not read again. */
export function createReadings(options: ReadingsOptions): TakeReadings {
  const { home, skywire, isTwoServers, queues, streams, group } = options;
  const readParked =
    options.readParked ??
    createParkedReasons({ client: home, queue: queues.byName.parked, reasons: parkingReasons });
  let latest: Promise<Readings> | undefined;
  let readAt = 0;

  async function read(): Promise<Readings> {
    const [found, jobs, parked, balance, canaryAgeMs, homeServer, skywireServer] = await Promise.all([
      part(Promise.all(streams.map((stream) => readStream(skywire, stream, group)))),
      part(Promise.all(queues.all.map(readQueue))),
      part(readParked()),
      part(balanceOf(queues.lanes.map(({ books }) => books))),
      part(canaryAge(home)),
      part(readServer(home)),
      isTwoServers ? part(readServer(skywire)) : undefined,
    ]);
    return {
      streams: found,
      queues: jobs,
      parked,
      balance,
      canaryAgeMs,
      servers: { home: homeServer, ...(isTwoServers && { skywire: skywireServer }) },
    };
  }

  return () => {
    if (!latest || Date.now() - readAt > FRESH_FOR_MS) {
      readAt = Date.now();
      latest = read();
    }
    return latest;
  };
}

async function readQueue({ name, queue }: { name: string; queue: Queue }): Promise<QueueReading> {
  const counts = await queue.getJobCounts(...jobStates);
  const jobs = Object.fromEntries(jobStates.map((state) => [state, counts[state] ?? 0]));
  return { queue: name, jobs: jobs as QueueReading['jobs'] };
}

/** The result, or undefined where it fails or takes too long. */
const part = <T>(work: Promise<T>): Promise<T | undefined> =>
  within(READ_WITHIN_MS, work).catch(() => undefined);
