export interface Backoff {
  baseMs: number;
  maxMs: number;
}

/** Exponential with a cap and jitter: between half and all of min(max, base · 2^(attempt - 1)). */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: Backoff,
  random: () => number = Math.random,
): number {
  const whole = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 60));
  return Math.round(whole / 2 + (whole / 2) * random());
}

/** While Redis is unavailable: retry soon, so that recovery is quick, but without overloading it. */
export const outageBackoff: Backoff = { baseMs: 500, maxMs: 15_000 };
