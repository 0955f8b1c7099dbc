/**
 * Throughput and latency, from the completed jobs that BullMQ keeps, so that any process can compute them. Under load these may not reach
 * back to the last call; rates then refer to the time they cover.
 */
import { REPLAYED_BATCH } from '../../queues/index.ts';
import type { JobQueue } from '../lanes/job-queue.ts';
import type { Queues } from '../lanes/queues.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { loadScript, runScript } from '../redis/scripts.ts';

const script = loadScript(
  new URL('recent-work.lua', import.meta.url),
  new URL('../lanes/entry-ids.lua', import.meta.url),
);

export interface Work {
  /** Stream entries handled, per second. */
  handledPerSecond: number;
  /** Items delivered to inboxes, per second. */
  deliveredPerSecond: number;
  /** From the entry's time in the stream to the end of its job; null without recent jobs. */
  p50Ms: number | null;
  p99Ms: number | null;
}

interface Look {
  from: number;
  to: number;
  handled: number;
  delivered: number;
}

const AVERAGE_OVER_MS = 15_000;
const LATENCIES_FOR_MS = 60_000;
const JOBS_LOOKED_INTO = 10;

export function createRecentWork(
  client: RedisClient,
  { all, lanes }: Pick<Queues, 'all' | 'lanes'>,
): () => Promise<Work> {
  const since = new Map<string, number>();
  let looks: Look[] = [];
  let latencies: { at: number; ms: number }[] = [];

  async function look(one: JobQueue, now: number): Promise<Look> {
    const { name, queue } = one;
    // An entry gets its verdict in the batch that brings it; what other jobs deliver counts as delivered only.
    const hasEntries = (lanes as readonly JobQueue[]).includes(one);
    const from = since.get(name) ?? now - AVERAGE_OVER_MS;
    const args = [queue.toKey(''), from, hasEntries ? JOBS_LOOKED_INTO : 0];
    const reply = await runScript(client, script, [queue.toKey('completed')], args);
    const [kept, ...rows] = reply as [number, ...Row[]];
    const ended = rows.map((row) => readRow(row, hasEntries));
    for (const { at, name: job, times } of ended) {
      if (job !== REPLAYED_BATCH)
        latencies.push(...times.map((time) => ({ at, ms: Math.max(0, at - time) })));
    }
    const first = ended[0]?.at ?? from;
    since.set(name, ended.at(-1)?.at ?? from);
    return {
      // If all kept jobs are new, older ones may already be removed.
      from: ended.length > 0 && ended.length === kept ? Math.max(from, first) : from,
      to: now,
      handled: ended.reduce((sum, job) => sum + job.handled, 0),
      delivered: ended.reduce((sum, job) => sum + job.delivered, 0),
    };
  }

  return async () => {
    const now = await redisNow(client);
    const parts = await Promise.all(all.map((queue) => look(queue, now)));
    looks = [...looks.filter(({ to }) => now - to < AVERAGE_OVER_MS), merged(parts)];
    latencies = latencies.filter(({ at }) => now - at < LATENCIES_FOR_MS);
    return { ...ratesOf(looks), ...percentiles(latencies.map(({ ms }) => ms)) };
  };
}

type Row = [endedAt: string, result: string, name: string, times: string];

const handledVerdicts = ['delivered', 'duplicate', 'merged', 'dropped', 'parked', 'fanned_out'];

function readRow([endedAt, result, name, times]: Row, hasEntries: boolean) {
  let tally: Partial<Record<string, number>> = {};
  try {
    tally = JSON.parse(result || '{}') as typeof tally;
  } catch {
    // Written by another program.
  }
  const sum = (verdicts: readonly string[]) =>
    verdicts.reduce((total, verdict) => total + (Number(tally?.[verdict]) || 0), 0);
  return {
    at: Number(endedAt),
    name,
    handled: hasEntries ? sum(handledVerdicts) : 0,
    delivered: sum(['delivered', 'merged']),
    times: times.split(' ').filter(Boolean).map(Number),
  };
}

/** The queues' time spans differ: scales their counts to the longest. */
function merged(parts: readonly Look[]): Look {
  const from = Math.min(...parts.map((part) => part.from));
  const to = parts[0]?.to ?? from;
  const scaled = (part: Look, count: number) => (count * (to - from)) / Math.max(1, to - part.from);
  return {
    from,
    to,
    handled: parts.reduce((sum, part) => sum + scaled(part, part.handled), 0),
    delivered: parts.reduce((sum, part) => sum + scaled(part, part.delivered), 0),
  };
}

function ratesOf(looks: readonly Look[]): Pick<Work, 'handledPerSecond' | 'deliveredPerSecond'> {
  const seconds = looks.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0) / 1_000;
  const rate = (count: number) => (seconds > 0 ? Math.round((count / seconds) * 10) / 10 : 0);
  return {
    handledPerSecond: rate(looks.reduce((sum, { handled }) => sum + handled, 0)),
    deliveredPerSecond: rate(looks.reduce((sum, { delivered }) => sum + delivered, 0)),
  };
}

function percentiles(values: number[]): Pick<Work, 'p50Ms' | 'p99Ms'> {
  values.sort((a, b) => a - b);
  const rank = (share: number) => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? null;
  return { p50Ms: rank(0.5), p99Ms: rank(0.99) };
}
