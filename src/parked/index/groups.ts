/** Parked jobs grouped by cause. */
import { parkingReasons } from '../../../queues/index.ts';
import type { ParkedIndex } from './parked-index.ts';
import type { ParkedJob } from './parked-job.ts';

export interface Group {
  id: string;
  queue: string;
  reason: string;
  fingerprint: string;
  /** Need an operator. */
  failed: number;
  /** Retried automatically. */
  retrying: number;
  /** ISO times: first parked, last failed. */
  firstSeen: string;
  lastSeen: string;
  /** Subscriptions with the most jobs. */
  subscriptions: { name: string; jobs: number }[];
  example: { queue: string; job: string };
}

const TOP_SUBSCRIPTIONS = 5;

interface Tally {
  last: ParkedJob;
  failed: number;
  retrying: number;
  firstSeen: number;
  subscriptions: Map<string, number>;
}

/** Largest first. */
export function groupsOf(jobs: Iterable<ParkedJob>): Group[] {
  const tallies = new Map<string, Tally>();
  for (const job of jobs) {
    const tally = tallies.get(job.group) ?? newTally(job);
    tallies.set(job.group, tally);
    if (job.state === 'failed') tally.failed += 1;
    else tally.retrying += 1;
    tally.firstSeen = Math.min(tally.firstSeen, job.parkedAt);
    if (job.failedAt >= tally.last.failedAt) tally.last = job;
    tally.subscriptions.set(job.subscription, (tally.subscriptions.get(job.subscription) ?? 0) + 1);
  }
  return [...tallies]
    .map(([id, tally]) => toGroup(id, tally))
    .sort((a, b) => b.failed + b.retrying - (a.failed + a.retrying));
}

const newTally = (job: ParkedJob): Tally => ({
  last: job,
  failed: 0,
  retrying: 0,
  firstSeen: job.parkedAt,
  subscriptions: new Map(),
});

function toGroup(id: string, { last, failed, retrying, firstSeen, subscriptions }: Tally): Group {
  const top = [...subscriptions].sort(([, a], [, b]) => b - a).slice(0, TOP_SUBSCRIPTIONS);
  return {
    id,
    queue: last.queue,
    reason: last.reason,
    fingerprint: last.fingerprint,
    failed,
    retrying,
    firstSeen: new Date(firstSeen).toISOString(),
    lastSeen: new Date(last.failedAt).toISOString(),
    subscriptions: top.filter(([name]) => name !== '').map(([name, jobs]) => ({ name, jobs })),
    example: { queue: last.queue, job: last.id },
  };
}

/** Parked matches that need an operator, by reason, including reasons without any. */
export async function parkedByReason(index: ParkedIndex): Promise<Record<string, number>> {
  const counts: Record<string, number> = Object.fromEntries(parkingReasons.map((reason) => [reason, 0]));
  for (const { queue, state, reason } of await index.jobs()) {
    if (queue === 'parked' && state === 'failed') counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
