/** A token bucket per key. Memory is bounded: the least recently used key is dropped. */
import { createTokenBucket, type TokenBucket } from '../../../queues/index.ts';

const MAX_KEYS = 10_000;

export interface RateLimit {
  /** Seconds until there is a token; 0: now. */
  waitS(key: string): number;
  spend(key: string): void;
}

export function createRateLimit(rate: { atOnce: number; everyMs: number }, now?: () => number): RateLimit {
  const buckets = new Map<string, TokenBucket>();
  return {
    waitS: (key) => Math.ceil((buckets.get(key)?.waitMs() ?? 0) / 1_000),
    spend(key) {
      const bucket = buckets.get(key) ?? createTokenBucket(rate, now);
      bucket.spend(1);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > MAX_KEYS) buckets.delete(buckets.keys().next().value!);
    },
  };
}

/** An IPv4 address, or the /64 of an IPv6 host. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':').length : 0;
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after);
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .join(':');
}
