/**
 * Queues that stand still: a job is next, and none is started or finished. Found by polling which job is next,
 * because a canary covers only the queues on its own path, and jobs carry the clocks of other machines.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { JobQueue } from '../lanes/job-queue.ts';
import { readLimits } from '../lanes/limits.ts';
import type { Queues } from '../lanes/queues.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';

export interface Standing {
  /** 0: no job waits, or the queue moves, or a person paused or limited it. */
  ms: number;
  /** So workers are running. */
  othersMove: boolean;
}

/** By queue; missing for queues that were not checked. */
export type ReadStanding = (queue: string) => Standing | undefined;

export const STANDS_STILL_MS = 60_000;
const LOOK_EVERY_MS = 5_000;
/** A delayed job is next if it is this overdue: far more than clocks differ. */
const OVERDUE_MS = 300_000;

interface Place {
  /** Lookups run beside deliveries and say nothing about them. */
  isBeside: boolean;
  /** The job that is next, and how often it was started; undefined: none, or it is held back by hand. */
  next: string | undefined;
  /** The jobs that ended last. */
  ended: string;
}

interface Seen extends Place {
  at: number;
  stoodMs: number;
  movedAt: number;
}

export function watchStanding(
  client: RedisClient,
  { all }: Pick<Queues, 'all'>,
  { lookEveryMs = LOOK_EVERY_MS, standsStillMs = STANDS_STILL_MS } = {},
): { of: ReadStanding; stop(): void } {
  const seen = new Map<string, Seen>();
  const stopping = new AbortController();
  const { signal } = stopping;
  void lookOnAndOn();

  async function lookOnAndOn(): Promise<void> {
    while (!signal.aborted) {
      // In an outage nothing can move: the time starts again after it.
      await look().catch(() => seen.clear());
      await pause(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async function look(): Promise<void> {
    const nowMs = await redisNow(client);
    await Promise.all(
      all.map(async (queue) => {
        // Unreadable: nothing is known of it.
        const place = await placeOf(client, queue, nowMs).catch(() => undefined);
        if (place) seen.set(queue.name, next(seen.get(queue.name), place, performance.now()));
        else seen.delete(queue.name);
      }),
    );
  }

  function next(before: Seen | undefined, place: Place, at: number): Seen {
    if (!before) return { ...place, at, stoodMs: 0, movedAt: Number.NEGATIVE_INFINITY };
    const hasEnded = place.ended !== before.ended;
    const stands = place.next !== undefined && place.next === before.next && !hasEnded;
    // A suspended process could not observe that time.
    const stoodMs = stands ? before.stoodMs + Math.min(at - before.at, 2 * lookEveryMs) : 0;
    return { ...place, at, stoodMs, movedAt: hasEnded ? at : before.movedAt };
  }

  return {
    of(queue) {
      const found = seen.get(queue);
      if (!found) return undefined;
      const since = performance.now() - standsStillMs;
      const othersMove = [...seen].some(
        ([name, one]) => name !== queue && !one.isBeside && one.movedAt > since,
      );
      return { ms: found.stoodMs, othersMove };
    },
    stop: () => stopping.abort(),
  };
}

async function placeOf(client: RedisClient, { queue, definition }: JobQueue, nowMs: number): Promise<Place> {
  const key = (suffix: string) => queue.toKey(suffix);
  const [waiting, [prioritized], [delayed, score], [completed], [failed], limits] = await Promise.all([
    client.lindex(key('wait'), -1),
    client.zrange(key('prioritized'), '0', '0'),
    client.zrange(key('delayed'), '0', '0', 'WITHSCORES'),
    client.zrange(key('completed'), '-1', '-1'),
    client.zrange(key('failed'), '-1', '-1'),
    readLimits(queue),
  ]);
  // BullMQ's scores: ms * 4096, plus a counter.
  const isOverdue = Number(score) / 4_096 < nowMs - OVERDUE_MS;
  const job = waiting ?? prioritized ?? (isOverdue ? delayed : undefined);
  const isHeldBack = limits.isPaused || limits.concurrency !== null || limits.rate !== null;
  const next =
    job === undefined || isHeldBack ? undefined : `${job} ${(await client.hget(key(job), 'ats')) ?? 0}`;
  return { next, ended: `${completed} ${failed}`, isBeside: definition.beside !== undefined };
}

/** For /readyz: true, or which queues stand still while others move. If none moves, the canary reports it. */
export function standingCheck(
  of: ReadStanding,
  { all }: Pick<Queues, 'all'>,
  standsStillMs = STANDS_STILL_MS,
): true | string {
  const found = all.flatMap(({ name, definition }) => {
    if (definition.beside) return [];
    const { ms = 0, othersMove = false } = of(name) ?? {};
    return othersMove && ms >= standsStillMs
      ? [`queue ${name} stands still: no job was started for ${Math.round(ms / 1_000)} s, while others move`]
      : [];
  });
  return found.length === 0 || found.join('; ');
}
