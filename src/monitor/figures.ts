/** The overview's figures. null: could not be read. */
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { LossReading } from './read-losses.ts';
import type { ServerReading } from './read-server.ts';
import type { StreamReading } from './read-stream.ts';
import type { QueueReading, TakeReadings } from './readings.ts';
import { createRecentWork, type Work } from './recent-work.ts';

export interface Figures {
  /** ISO time. */
  at: string;
  streams: StreamReading[] | null;
  queues: QueueReading[] | null;
  /** Parked matches that need an operator, by reason. */
  parked: Record<string, number> | null;
  work: Work | null;
  /** Since the canary last arrived; null: never. */
  canaryAgeMs: number | null;
  /** Of several streams, the one furthest behind. */
  canaryStream?: string | undefined;
  /** Within the replay window. */
  losses: LossReading[] | null;
  servers: ({ server: string } & ServerReading)[];
}

export type TakeFigures = () => Promise<Figures>;

export function createFigures(client: RedisClient, queues: Queues, takeReadings: TakeReadings): TakeFigures {
  const recentWork = createRecentWork(client, queues);
  return async () => {
    const [readings, work] = await Promise.all([takeReadings(), recentWork().catch(() => null)]);
    const {
      streams = null,
      queues: jobs = null,
      parked = null,
      canaryAgeMs = null,
      canaryStream,
      losses = null,
    } = readings;
    const servers = Object.entries(readings.servers).flatMap(([server, found]) =>
      found ? [{ server, ...found }] : [],
    );
    return {
      at: new Date().toISOString(),
      streams,
      queues: jobs,
      parked,
      work,
      canaryAgeMs,
      canaryStream,
      losses,
      servers,
    };
  };
}

/** One point of the plots. */
export interface Sample {
  /** ms */
  at: number;
  unread: number;
  jobs: number;
  parked: number;
  handled: number;
  delivered: number;
  p50: number | null;
  p99: number | null;
  memory: number;
}

export const unreadOf = ({ streams }: Figures): number =>
  (streams ?? []).reduce((sum, { unread }) => sum + unread, 0);

/** Seconds of work in the streams at the current rate; undefined if the rate is 0. */
export function workInStreams(figures: Figures): number | undefined {
  const unread = unreadOf(figures);
  if (unread === 0) return 0;
  const rate = figures.work?.handledPerSecond ?? 0;
  return rate > 0 ? unread / rate : undefined;
}

export const parkedOf = ({ parked }: Figures): number =>
  Object.values(parked ?? {}).reduce((sum, count) => sum + count, 0);
