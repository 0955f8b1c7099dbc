import type { Tally } from './ports.ts';

export function tally(verdicts: readonly (keyof Tally)[]): Tally {
  const counts: Tally = {};
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}
