/** A run of retries: what it is and how fast it may go. The store keeps one; the driver moves it. */
import type { Filter } from '../index/search.ts';

/** running → done | stopped. */
export type Phase = 'running' | 'done' | 'stopped';

export interface RetryRun {
  id: string;
  by: string;
  from: string;
  filter: Filter;
  /** For people: what is retried. */
  what: string;
  startedAt: string;
  /** Jobs that failed later than this are not part of it. */
  upTo: number;
  total: number;
  retried: number;
  delivered: number;
  relapsed: number;
  inFlight: number;
  /** Retries per second at the moment. */
  rate: number;
  /** How often another process went on with it. */
  takenOver: number;
  why?: string;
  /** The first that failed again. */
  relapse?: { queue: string; job: string; reason: string; subscription: string };
  endedAt?: string;
}

/** One first; ten a second when that one is delivered; a hundred a second, never more, when thirty more are. */
const stages = [
  { delivered: 31, rate: 100 },
  { delivered: 1, rate: 10 },
  { delivered: -Infinity, rate: 1 },
];

/** Retries per second, by how many were delivered since the run began, or went on after a restart (less than 0: an older build set it back). */
export const rateAfter = (delivered: number): number =>
  stages.find((stage) => delivered >= stage.delivered)!.rate;

/** How many may be under way: where workers are slow or away, retries do not pile up. */
export const mostInFlight = (rate: number): number => (rate === 1 ? 1 : rate * 2);

/** For the operator log: the run itself did it, on somebody's behalf. */
export const systemFor = ({ by, from }: RetryRun) => ({ name: `skywire-inbox, for ${by}`, address: from });

export const reportOf = ({
  id,
  what,
  total,
  retried,
  delivered,
  relapsed,
  inFlight,
  why,
  relapse,
}: RetryRun) => ({
  run: id,
  what,
  total,
  retried,
  delivered,
  relapsed,
  ...(inFlight > 0 && { inFlight }),
  ...(why && { why }),
  ...(relapse && { relapse }),
});
