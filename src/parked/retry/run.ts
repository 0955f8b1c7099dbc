/** A bulk retry: its state and its rate. */
import type { Filter } from '../index/search.ts';

/** running → done | stopped. */
export type Phase = 'running' | 'done' | 'stopped';

export interface RetryRun {
  id: string;
  by: string;
  from: string;
  filter: Filter;
  /** What is retried, in words. */
  what: string;
  startedAt: string;
  /** Jobs that failed later than this are not part of it. */
  upTo: number;
  /** 0: not counted yet. */
  total: number;
  retried: number;
  delivered: number;
  relapsed: number;
  inFlight: number;
  /** Current retries per second. */
  rate: number;
  /** How often another process took over. */
  takenOver: number;
  why?: string;
  /** The first that failed again. */
  relapse?: { queue: string; job: string; reason: string; subscription: string };
  endedAt?: string;
}

/** One first; ten a second once it is delivered; a hundred a second, the maximum, after thirty more. */
const stages = [
  { delivered: 31, rate: 100 },
  { delivered: 1, rate: 10 },
  { delivered: -Infinity, rate: 1 },
];

/** Retries per second, by how many were delivered since the run started or resumed (less than 0: an older build reset it). */
export const rateAfter = (delivered: number): number =>
  stages.find((stage) => delivered >= stage.delivered)!.rate;

/** Jobs in flight at most, so that retries do not pile up if workers are slow or down. */
export const mostInFlight = (rate: number): number => (rate === 1 ? 1 : rate * 2);

/** For the operator log: done by the run, on somebody's behalf. */
export const systemFor = ({ by, from }: Pick<RetryRun, 'by' | 'from'>) => ({
  name: `skywire-inbox, for ${by}`,
  address: from,
});

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
