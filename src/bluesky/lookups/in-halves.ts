/** Requests many at once. If the server refuses the call, one of them may be the reason: requests each half. */
import type { Outcome } from '../http/calls.ts';
import type { Some } from '../wire.ts';

export interface Answered<Value> {
  /** What was shown. */
  found: Value[];
  /** Asked, and left out. */
  absent: string[];
  /** Not answered. */
  failed: string[];
}

export async function inHalves<Value>(
  wanted: readonly string[],
  ask: (some: readonly string[]) => Promise<Outcome<Some<Value>>>,
  nameOf: (value: Value) => string,
): Promise<Answered<Value>> {
  const outcome = await ask(wanted);
  if ('failed' in outcome) return { found: [], absent: [], failed: [...wanted] };
  if ('gone' in outcome) {
    if (wanted.length === 1) return { found: [], absent: [...wanted], failed: [] };
    const half = Math.ceil(wanted.length / 2);
    const [first, second] = [
      await inHalves(wanted.slice(0, half), ask, nameOf),
      await inHalves(wanted.slice(half), ask, nameOf),
    ];
    return {
      found: [...first.found, ...second.found],
      absent: [...first.absent, ...second.absent],
      failed: [...first.failed, ...second.failed],
    };
  }
  const asked = new Set(wanted);
  const found = outcome.ok.found.filter((value) => asked.has(nameOf(value)));
  const shown = new Set(found.map(nameOf));
  const others = wanted.filter((name) => !shown.has(name));
  return { found, ...(outcome.ok.isWhole ? { absent: others, failed: [] } : { absent: [], failed: others }) };
}
