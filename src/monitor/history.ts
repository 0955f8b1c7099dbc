/**
 * Samples for the overview's plots, in a Redis stream bounded to a day. They survive restarts and are shared by all web processes,
 * one of which writes each sample.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { atMost } from '../redis/deadline.ts';
import { historyKeys as keys } from '../redis/keys.ts';
import { type Figures, parkedOf, type Sample, type TakeFigures, unreadOf } from './figures.ts';

const SAMPLE_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
const MAX_SAMPLES = DAY_MS / SAMPLE_EVERY_MS;
/** About what a plot can resolve. */
const MAX_POINTS = 360;

export interface History {
  /** Oldest first; over a long time, neighbouring samples are merged. */
  since(ms: number): Promise<Sample[]>;
  stop(): Promise<void>;
}

export function startHistory(client: RedisClient, figures: TakeFigures, everyMs = SAMPLE_EVERY_MS): History {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = sampleAll();

  async function sampleAll(): Promise<void> {
    while (!signal.aborted) {
      // An outage leaves a gap in the plots.
      await sampleOnce().catch(() => undefined);
      await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async function sampleOnce(): Promise<void> {
    // The first process in each interval gets the key and writes.
    const isOurs = await client.set(keys.writer, '1', 'PX', Math.round(everyMs * 0.9), 'NX');
    if (isOurs)
      await client.xadd(keys.samples, 'MAXLEN', '~', MAX_SAMPLES, '*', 'v', encode(await figures()));
  }

  return {
    async since(ms) {
      const rows = await client.xrange(keys.samples, (await redisNow(client)) - ms, '+');
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

/** Rates are averaged; everything else keeps its worst value, so that peaks stay visible. */
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
