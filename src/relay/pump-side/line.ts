/** Whether the line to a relay is slow, so that sending anything twice costs time. */

/** A delivery that takes longer indicates a slow line. */
const SLOW_MS = 1_000;
/** On a slow line pending entries are requested only this often: the relay sends all of them, including those that it has pushed. */
const ASK_PENDING_EVERY_MS = 30_000;

export interface Line {
  connected(): void;
  /** How long a pushed delivery took. */
  pushed(ms: number): void;
  /** `receivingMs`: for how long a delivery has been arriving, 0 if none is; `holds`: pushed entries wait here. */
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
      // A single large entry may take longer; it still arrives.
      if (receivingMs > SLOW_MS || (isSlow && !isTime)) return false;
      askedAt = performance.now();
      return true;
    },
  };
}
