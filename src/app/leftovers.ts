/**
 * Lanes that hold jobs but belong to no stream of SKYWIRE_STREAM any more, because it was longer before: logs and opens them, so that
 * the role treats them like its other queues. Repeats every few seconds: a pump with another list may still be running.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Lane } from '../lanes/lane.ts';
import type { Queues } from '../lanes/queues.ts';
import type { Events } from '../observe/events.ts';

const LOOK_EVERY_MS = 5_000;

export interface LeftoverWork {
  onFound?(lane: Lane): void;
  /** Called in each round, including the one that found it. */
  onLook?(lane: Lane): Promise<unknown>;
}

/** Starts at once, in the background. */
export function watchLeftovers(
  queues: Queues,
  events: Pick<Events, 'leftover' | 'leftoverDone' | 'trouble'>,
  { onFound, onLook }: LeftoverWork = {},
): { stop(): void } {
  const stopping = new AbortController();
  const { signal } = stopping;
  void lookOnAndOn();

  async function lookOnAndOn(): Promise<void> {
    while (!signal.aborted) {
      await look().catch((error) => events.trouble('lanes left behind', error as Error));
      await pause(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async function look(): Promise<void> {
    for (const lane of await queues.lookForLeftovers()) onFound?.(lane);
    for (const lane of queues.leftovers()) {
      if (signal.aborted) return;
      const { failed = 0, ...open } = await lane.queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const unfinished = Object.values(open).reduce((sum, count) => sum + count, 0);
      if (unfinished + failed) events.leftover(lane.name, { unfinished, failed });
      else events.leftoverDone(lane.name);
      await onLook?.(lane);
    }
  }

  return { stop: () => stopping.abort() };
}
