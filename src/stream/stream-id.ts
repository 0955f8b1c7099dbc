/** Ids of stream entries: `<ms>-<number>`, both up to 2^64 - 1. */

export function isBefore(a: string, b: string): boolean {
  const [aMs, aSeq] = a.split('-').map(BigInt) as [bigint, bigint];
  const [bMs, bSeq] = b.split('-').map(BigInt) as [bigint, bigint];
  return aMs < bMs || (aMs === bMs && aSeq < bSeq);
}

/** The id just before this one. */
export function before(id: string): string {
  const [ms, seq] = id.split('-').map(BigInt) as [bigint, bigint];
  if (seq > 0n) return `${ms}-${seq - 1n}`;
  return ms > 0n ? `${ms - 1n}-${2n ** 64n - 1n}` : '0-0';
}

/** An id `ms` earlier: its first part is the time of Skywire's Redis. */
export const earlier = (id: string, ms: number): string => `${Math.max(0, Number(id.split('-')[0]) - ms)}-0`;

export const oldestOf = (ids: readonly string[]): string | undefined =>
  ids.reduce<string | undefined>((oldest, id) => (!oldest || isBefore(id, oldest) ? id : oldest), undefined);
