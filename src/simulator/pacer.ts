/**
 * Rate limiter. After a pause it catches up at twice the rate, in bursts of at most a tenth of a second's matches; whatever is
 * more than a second late is dropped. Two rates at once, which a token bucket does not have.
 */
export interface Pacer {
  /** Matches that may be sent now. */
  due(): number;
  /** Call it when they were sent. */
  spend(matches: number): void;
  /** Until the next match is due, at least STEP_MS. */
  waitMs(): number;
}

const STEP_MS = 5;

/** `perSecond` 0: unlimited. */
export function createPacer(perSecond: number, nowMs: () => number): Pacer {
  if (perSecond === 0) return { due: () => Infinity, spend: () => undefined, waitMs: () => 0 };
  const perMs = perSecond / 1_000;
  let lastMs = nowMs();
  let owed = 0;
  let allowed = 0;
  function refill(): void {
    const passedMs = nowMs() - lastMs;
    lastMs += passedMs;
    owed = Math.min(owed + passedMs * perMs, Math.max(1, perMs * 1_000));
    allowed = Math.min(allowed + 2 * passedMs * perMs, Math.max(1, perMs * 100));
  }
  return {
    due: () => {
      refill();
      return Math.floor(Math.min(owed, allowed));
    },
    spend: (matches) => {
      owed -= matches;
      allowed -= matches;
    },
    waitMs: () => {
      const missing = Math.max(1 - owed, (1 - allowed) / 2);
      return Math.max(STEP_MS, missing / perMs);
    },
  };
}
