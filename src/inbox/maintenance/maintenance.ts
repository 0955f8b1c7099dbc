/**
 * Maintenance of all inboxes, in endless rounds: lists unlisted ones, then maintains each (`sweep.ts`).
 * One process at a time does it, a few percent of the time; the next one continues where it stopped.
 *
 * States: waiting (another process has the turn) → working (step, save the place, pause, …) → stopped.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisNow } from '../../redis/clock.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { atMost } from '../../redis/deadline.ts';
import { maintenanceKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { OnTrouble } from '../write/bounds.ts';
import type { FillPlace } from './fill.ts';
import { createPace, type Pace, type Step } from './pace.ts';
import type { SweepPlace } from './sweep.ts';

const turnScript = loadScript(new URL('take-turn.lua', import.meta.url));

export interface MaintenanceOptions {
  client: RedisClient;
  fill: Step<FillPlace>;
  sweep: Step<SweepPlace>;
  onTrouble: OnTrouble;
  /** Called after each round over all inboxes. */
  onRound?: () => void;
  times?: Partial<Times>;
}

export interface Times {
  /** From the end of one round to the next. */
  restMs: number;
  /** From the end of one scan for unlisted inboxes to the next. */
  fillEveryMs: number;
  leaseMs: number;
  /** Share of the time that may be spent working. */
  share: number;
}

const defaults: Times = { restMs: 60_000, fillEveryMs: 3_600_000, leaseMs: 30_000, share: 0.1 };
const STOP_WITHIN_MS = 2_000;

interface Place {
  /** Without a place, `fill` and `sweep` start from the beginning. */
  at: 'fill' | 'sweep' | 'rest';
  fill?: FillPlace;
  sweep?: SweepPlace;
  /** By Redis' clock, ms. */
  restUntil?: number;
  nextFill?: number;
}

export interface Maintenance {
  /** Idempotent, bounded. The next process repeats the step in progress. */
  stop(): Promise<void>;
}

export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const times = { ...defaults, ...options.times };
  const controller = new AbortController();
  const running = run(options, times, controller.signal);
  return {
    async stop() {
      controller.abort();
      await atMost(STOP_WITHIN_MS, running);
    },
  };
}

async function run(options: MaintenanceOptions, times: Times, signal: AbortSignal): Promise<void> {
  const { client, onTrouble } = options;
  const who = randomUUID();
  const { lease, state } = maintenanceKeys;
  /** undefined: it is another process's turn. */
  const takeTurn = async (save?: Place): Promise<Place | undefined> => {
    const args = [who, times.leaseMs, save ? JSON.stringify(save) : ''];
    const reply = await runScript(client, turnScript, [lease, state], args);
    return reply === null ? undefined : toPlace(reply as string);
  };
  const pace = createPace({ ...times, signal, renew: async () => (await takeTurn()) !== undefined });
  while (!signal.aborted) {
    try {
      const place = await takeTurn();
      const next = place && (await step(place, options, times, pace));
      if (next && next !== place) await takeTurn(next);
      else await sleep(Math.min(times.restMs, times.leaseMs / 3), undefined, { signal });
    } catch (error) {
      if (signal.aborted) break;
      onTrouble('maintenance of inboxes', error as Error);
      await sleep(Math.min(times.restMs, times.leaseMs / 3), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Returns the same place if there is nothing to do yet. */
async function step(
  place: Place,
  { client, fill, sweep, onRound }: MaintenanceOptions,
  times: Times,
  pace: Pace,
): Promise<Place> {
  const { nextFill = 0 } = place;
  if (place.at === 'fill') {
    const further = await fill(place.fill, pace);
    if (further) return { at: 'fill', fill: further };
    return { at: 'sweep', nextFill: (await redisNow(client)) + times.fillEveryMs };
  }
  if (place.at === 'sweep') {
    const further = await sweep(place.sweep, pace);
    if (further) return { at: 'sweep', sweep: further, nextFill };
    onRound?.();
    return { at: 'rest', restUntil: (await redisNow(client)) + times.restMs, nextFill };
  }
  const nowMs = await redisNow(client);
  // A clock that was set back must not pause it for long.
  const isOver = (until: number, everyMs: number) => nowMs >= until || until - nowMs > everyMs;
  if (!isOver(place.restUntil ?? 0, times.restMs)) return place;
  return isOver(nextFill, times.fillEveryMs) ? { at: 'fill' } : { at: 'sweep', nextFill };
}

/** A later version may have saved something unknown here: then start from the beginning. */
function toPlace(text: string): Place {
  const place = (text === '' ? {} : JSON.parse(text)) as Partial<Place>;
  return place.at === 'fill' || place.at === 'sweep' || place.at === 'rest'
    ? { ...place, at: place.at }
    : { at: 'fill' };
}
