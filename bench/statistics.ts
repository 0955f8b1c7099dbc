/** What many rounds say together. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** The smallest value that at least `part` of the values do not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = ascending(values);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  if (sorted.length % 2) return sorted[middle]!;
  return sorted.length ? (sorted[middle - 1]! + sorted[middle]!) / 2 : Number.NaN;
};

export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  return { median: median(values), least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** Three digits that count: a rate of 23,456 is known no better than 23,500. */
export function rounded(value: number, digits = 3): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}
