/**
 * Limits that somebody set by hand, on the dashboard or with BullMQ. They apply to all workers together, until somebody
 * removes them; more workers do not help.
 */
import type { Queue } from 'bullmq';
import { queuePrefix } from '../redis/keys.ts';

export interface Limits {
  isPaused: boolean;
  /** Jobs at a time; null: no limit. */
  concurrency: number | null;
  /** Jobs in each `ms`; null: no limit. */
  rate: { jobs: number; ms: number } | null;
}

export const noLimits: Limits = { isPaused: false, concurrency: null, rate: null };

export async function readLimits(queue: Pick<Queue, 'getMeta'>): Promise<Limits> {
  const { paused, concurrency, max, duration } = await queue.getMeta();
  return {
    isPaused: Boolean(paused),
    concurrency: concurrency ?? null,
    rate: max && duration ? { jobs: max, ms: duration } : null,
  };
}

/** In words, with the way to remove each; worst first. */
export function describeLimits(queue: string, { isPaused, concurrency, rate }: Limits) {
  const remove = (how: string, fields: string) =>
    `If it is no longer wanted: ${how} on /dashboard/queue/${queue}, or redis-cli HDEL '${queuePrefix(queue)}:${queue}:meta' ${fields}`;
  const jobs = (count: number) => (count === 1 ? '1 job' : `${count} jobs`);
  return [
    ...(isPaused
      ? [{ stops: true, what: `Queue ${queue} is paused by hand.`, remedy: remove('Resume', 'paused') }]
      : []),
    ...(concurrency === null
      ? []
      : [
          {
            stops: false,
            what: `Queue ${queue} runs at most ${jobs(concurrency)} at a time: a limit set by hand.`,
            remedy: remove('Set concurrency to 0', 'concurrency'),
          },
        ]),
    ...(rate === null
      ? []
      : [
          {
            stops: false,
            what: `Queue ${queue} runs at most ${jobs(rate.jobs)} every ${rate.ms / 1_000} s: a limit set by hand.`,
            remedy: remove('remove it under Set rate limit', 'max duration'),
          },
        ]),
  ];
}
