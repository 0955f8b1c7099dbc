/**
 * Samples for the overview's plots: a small stream in Redis, so that they outlive the web process and are the same in each. Of
 * several processes one writes at a time; bounded to a day.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisClient } from '../redis/connections.ts';
import { atMost } from '../redis/deadline.ts';
import { historyKeys as keys } from '../redis/keys.ts';
import { type Figures, parkedOf, type Sample, unreadOf } from './figures.ts';

const SAMPLE_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
const MAX_SAMPLES = DAY_MS / SAMPLE_EVERY_MS;
/** More points than a plot has pixels help nobody. */
const MAX_POINTS = 360;

export interface History {
  /** Oldest first; of a long time every so many samples are made one. */
  since(ms: number): Promise<Sample[]>;
  stop(): Promise<void>;
}

export function startHistory(
  client: RedisClient,
  figures: () => Promise<Figures>,
  everyMs = SAMPLE_EVERY_MS,
): History {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = sampleAll();

  async function sampleAll(): Promise<void> {
    while (!signal.aborted) {
      // Without Redis there is nothing to sample, and nowhere to.
      await sampleOnce().catch(() => undefined);
      await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async function sampleOnce(): Promise<void> {
    // Whoever comes first in this interval writes; the others find the key there.
    const isOurs = await client.set(keys.writer, '1', 'PX', Math.round(everyMs * 0.9), 'NX');
    if (isOurs)
      await client.xadd(keys.samples, 'MAXLEN', '~', MAX_SAMPLES, '*', 'v', encode(await figures()));
  }

  return {
    async since(ms) {
      const rows = await client.xrange(keys.samples, `${Date.now() - ms}`, '+');
      return thinned(rows.map(([id, [, text]]) => decode(Number(id.split('-')[0]), text ?? '[]')));
    },
    async stop() {
      stopping.abort();
      await atMost(1_000, ended);
    },
  };
}

type Encoded = [number, number, number, number, number, number | null, number | null, number];

function encode(figures: Figures): string {
  const { queues, work, servers } = figures;
  const jobs = (queues ?? []).reduce((sum, { waiting, active }) => sum + waiting + active, 0);
  const home = servers.find(({ server }) => server === 'home');
  const values: Encoded = [
    unreadOf(figures),
    jobs,
    parkedOf(figures),
    work?.handledPerSecond ?? 0,
    work?.deliveredPerSecond ?? 0,
    work?.p50Ms ?? null,
    work?.p99Ms ?? null,
    home?.usedBytes ?? 0,
  ];
  return JSON.stringify(values);
}

function decode(at: number, text: string): Sample {
  const [unread, jobs, parked, handled, delivered, p50, p99, memory] = JSON.parse(text) as Encoded;
  return { at, unread, jobs, parked, handled, delivered, p50, p99, memory };
}

/** Of neighbours the mean rates and the worst of the rest: a peak stays a peak. */
function thinned(samples: Sample[]): Sample[] {
  const every = Math.ceil(samples.length / MAX_POINTS);
  if (every <= 1) return samples;
  const points: Sample[] = [];
  for (let at = 0; at < samples.length; at += every) points.push(joined(samples.slice(at, at + every)));
  return points;
}

function joined(some: readonly Sample[]): Sample {
  const most = (name: 'unread' | 'jobs' | 'parked' | 'memory') =>
    Math.max(...some.map((sample) => sample[name]));
  const mean = (name: 'handled' | 'delivered') =>
    Math.round((some.reduce((sum, sample) => sum + sample[name], 0) / some.length) * 10) / 10;
  const worst = (name: 'p50' | 'p99') => {
    const known = some.flatMap((sample) => sample[name] ?? []);
    return known.length ? Math.max(...known) : null;
  };
  return {
    at: some.at(-1)!.at,
    unread: most('unread'),
    jobs: most('jobs'),
    parked: most('parked'),
    handled: mean('handled'),
    delivered: mean('delivered'),
    p50: worst('p50'),
    p99: worst('p99'),
    memory: most('memory'),
  };
}
