/** Seeded pseudo-random numbers: the sfc32 generator. */
export interface Random {
  /** In [0, 1). */
  fraction(): number;
  /** A whole number from 0 to limit - 1. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** Without replacement: `count` items, or all. */
  sample<Item>(items: readonly Item[], count: number): Item[];
  /** An index below `length`, skewed to low ones: few authors and topics dominate a network. */
  skewedIndex(length: number): number;
}

/** Different purposes get independent sequences from one seed. */
export function createRandom(seed: number, purpose: number): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = purpose >>> 0;
  let counter = 1;
  function fraction(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
  // The first outputs correlate with the seed.
  for (let warmUp = 0; warmUp < 16; warmUp += 1) fraction();
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick: (items) => items[below(items.length)]!,
    sample: (items, count) => {
      const left = [...items];
      const length = Math.min(count, left.length);
      return Array.from({ length }, () => left.splice(below(left.length), 1)[0]!);
    },
    skewedIndex: (length) => Math.floor(fraction() ** 2.5 * length),
  };
}
