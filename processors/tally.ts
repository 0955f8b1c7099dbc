import type { Tally, Verdict } from './ports.ts';

export function tally(verdicts: readonly Verdict[]): Tally {
  const counts: Tally = {};
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}
