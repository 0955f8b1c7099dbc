/** A token bucket: `atOnce` tokens, and one more every `everyMs`. */
export interface TokenBucket {
  /** Whole tokens that may be spent now. */
  left(): number;
  /** May go below zero, which lengthens the next wait. */
  spend(count: number): void;
  /** Until the next token. */
  waitMs(): number;
}

export function createTokenBucket(
  { atOnce, everyMs }: { atOnce: number; everyMs: number },
  now: () => number = () => performance.now(),
): TokenBucket {
  let fullAt = 0;
  const free = (): number => atOnce - Math.max(0, fullAt - now()) / everyMs;
  return {
    left: () => Math.max(0, Math.floor(free())),
    spend(count) {
      fullAt = Math.max(fullAt, now()) + count * everyMs;
    },
    waitMs: () => Math.max(0, Math.ceil((1 - free()) * everyMs)),
  };
}
