/**
 * How many logins may fail: for each address 20 at once, and one more every 3 s. An address whose allowance is used up waits for
 * the next one, the right password too, since its answer would tell; so nobody waits longer than 3 s once the guessing ends.
 * Memory is bounded: the address that failed longest ago is forgotten.
 */
const ALLOWANCE = 20;
const REFILL_MS = 3_000;
const MAX_ADDRESSES = 10_000;

export interface LoginLimit {
  /** Seconds until this address may try again; 0: now. */
  waitS(address: string): number;
  failed(address: string): void;
}

export function createLoginLimit(now: () => number = () => performance.now()): LoginLimit {
  /** When the allowance is whole again. */
  const wholeAt = new Map<string, number>();
  const used = (key: string): number => Math.max(0, (wholeAt.get(key) ?? 0) - now()) / REFILL_MS;
  return {
    waitS(address) {
      const over = used(networkOf(address)) - (ALLOWANCE - 1);
      return over > 0 ? Math.ceil((over * REFILL_MS) / 1_000) : 0;
    },
    failed(address) {
      const key = networkOf(address);
      const at = now() + (used(key) + 1) * REFILL_MS;
      wholeAt.delete(key);
      wholeAt.set(key, at);
      if (wholeAt.size > MAX_ADDRESSES) wholeAt.delete(wholeAt.keys().next().value!);
    },
  };
}

/** An IPv4 address, or the /64 that a single IPv6 host has to itself. */
function networkOf(address: string): string {
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
