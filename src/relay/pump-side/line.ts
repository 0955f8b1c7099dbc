/** Whether the line to a relay is slow: then what crosses it twice costs time. */

/** A delivery that takes longer is on a slow line. */
const SLOW_MS = 1_000;
/** On a slow line pending entries are asked for this seldom: the relay sends all of them, also those that it has pushed. */
const ASK_PENDING_EVERY_MS = 30_000;

export interface Line {
  connected(): void;
  /** A delivery that was pushed took so long. */
  pushed(ms: number): void;
  /** `receivingMs`: for how long a delivery has been coming in, 0 if none is; `holds`: pushed entries wait here. */
  mayAskPending(receivingMs: number, holds: boolean): boolean;
}

export function createLine(): Line {
  let lastPushMs = 0;
  let askedAt = 0;
  return {
    connected() {
      askedAt = performance.now();
    },
    pushed(ms) {
      lastPushMs = ms;
    },
    mayAskPending(receivingMs, holds) {
      const isSlow = receivingMs > 0 || (lastPushMs > SLOW_MS && holds);
      const isTime = performance.now() - askedAt >= ASK_PENDING_EVERY_MS;
      // A single large entry may take longer than that; it ends.
      if (receivingMs > SLOW_MS || (isSlow && !isTime)) return false;
      askedAt = performance.now();
      return true;
    },
  };
}
