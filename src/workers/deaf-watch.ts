/**
 * A worker that has gone deaf: jobs wait, Redis answers, and yet none was started here for a minute. Nobody knows why it happens
 * when it does; a new process hears again. Watching → deaf (once) or stopped.
 */
import type { Queue } from 'bullmq';

const LOOK_EVERY_MS = 10_000;
const DEAF_AFTER_MS = 60_000;

export interface DeafWatchOptions {
  queue: Pick<Queue, 'name' | 'getJobCounts' | 'isPaused'>;
  /** When this process last started or ended a job, or last could not, for a known reason, by performance.now(). */
  lastSignOfLife: () => number;
  isBusy: () => boolean;
  onDeaf: (message: string) => void;
  lookEveryMs?: number;
  deafAfterMs?: number;
}

export function watchForDeafness({
  queue,
  lastSignOfLife,
  isBusy,
  onDeaf,
  lookEveryMs = LOOK_EVERY_MS,
  deafAfterMs = DEAF_AFTER_MS,
}: DeafWatchOptions): { stop(): void } {
  /** Since when every look has found jobs waiting. */
  let waitingSince: number | undefined;
  const timer = setInterval(() => void look().catch(forget), lookEveryMs);
  timer.unref();

  async function look(): Promise<void> {
    const [{ waiting = 0 }, isPaused] = await Promise.all([queue.getJobCounts('waiting'), queue.isPaused()]);
    if (!waiting || isPaused || isBusy()) return forget();
    waitingSince ??= performance.now();
    const idleMs = performance.now() - Math.max(waitingSince, lastSignOfLife());
    if (idleMs < deafAfterMs) return;
    clearInterval(timer);
    onDeaf(
      `this worker is deaf: ${waiting} jobs wait in ${queue.name}, Redis answers, and none was started here for ${Math.round(idleMs / 1_000)} s. ` +
        'It ends itself, so that its supervisor starts it anew',
    );
  }

  /** Redis is out: nothing is known. */
  function forget(): void {
    waitingSince = undefined;
  }

  return { stop: () => clearInterval(timer) };
}
