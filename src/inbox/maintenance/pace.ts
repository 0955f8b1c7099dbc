/** Paces maintenance: after each piece of work a pause in proportion to its duration. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs one piece of work, then pauses. Rejects if it must not continue: stopped, or another process's turn. */
export type Pace = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A part of maintenance: does a little work from this place on (undefined: from the beginning). Returns undefined at its end. */
export type Step<Place> = (place: Place | undefined, pace: Pace) => Promise<Place | undefined>;

export interface PaceOptions {
  /** Share of the time that may be spent working. */
  share: number;
  leaseMs: number;
  signal: AbortSignal;
  /** false: the turn is lost. */
  renew: () => Promise<boolean>;
}

/** Another process took over, because this one was suspended for longer than its turn. */
export class TurnLost extends Error {
  override name = 'TurnLost';
}

const LONGEST_PAUSE_MS = 5_000;

export function createPace({ share, leaseMs, signal, renew }: PaceOptions): Pace {
  let renewedAt = performance.now();
  return async (work) => {
    const startedAt = performance.now();
    const result = await work();
    const tookMs = performance.now() - startedAt;
    await sleep(Math.min(LONGEST_PAUSE_MS, tookMs * (1 / share - 1)), undefined, { signal });
    if (performance.now() - renewedAt > leaseMs / 3) {
      if (!(await renew())) throw new TurnLost('another process does it now');
      renewedAt = performance.now();
    }
    return result;
  };
}
