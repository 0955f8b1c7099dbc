/** So many at once, and one more every so often, for each key. Memory is bounded: the key used longest ago is forgotten. */
const MAX_KEYS = 10_000;

export interface RateLimit {
  /** Takes one; 0, or the seconds until there is one again. */
  take(key: string): number;
}

export function createRateLimit(
  { atOnce, everyMs }: { atOnce: number; everyMs: number },
  now: () => number = () => performance.now(),
): RateLimit {
  /** When the allowance is whole again. */
  const wholeAt = new Map<string, number>();
  return {
    take(key) {
      const used = Math.max(0, (wholeAt.get(key) ?? 0) - now()) / everyMs;
      if (used > atOnce - 1) return Math.ceil(((used - (atOnce - 1)) * everyMs) / 1_000);
      wholeAt.delete(key);
      wholeAt.set(key, now() + (used + 1) * everyMs);
      if (wholeAt.size > MAX_KEYS) wholeAt.delete(wholeAt.keys().next().value!);
      return 0;
    },
  };
}
