/** A token bucket per key. Memory is bounded: the key used longest ago is forgotten. */
const MAX_KEYS = 10_000;

export interface RateLimit {
  /** 0, or the seconds to wait. */
  take(key: string): number;
}

export function createRateLimit(
  { atOnce, everyMs }: { atOnce: number; everyMs: number },
  now: () => number = () => performance.now(),
): RateLimit {
  /** When the bucket is full again. */
  const fullAt = new Map<string, number>();
  return {
    take(key) {
      const used = Math.max(0, (fullAt.get(key) ?? 0) - now()) / everyMs;
      if (used > atOnce - 1) return Math.ceil(((used - (atOnce - 1)) * everyMs) / 1_000);
      fullAt.delete(key);
      fullAt.set(key, now() + (used + 1) * everyMs);
      if (fullAt.size > MAX_KEYS) fullAt.delete(fullAt.keys().next().value!);
      return 0;
    },
  };
}
