/** What may be wrong with the Bluesky that lookups ask, one at a time, for every call. */
import type { Fault } from '../src/simulator/bluesky/faults.ts';

/** undefined: it answers. */
export const faults = {
  answers: undefined,
  slow: { kind: 'slow', ms: 3_000 },
  throttled: { kind: 'rate-limited', retryAfter: 5 },
  errors: { kind: 'error' },
  garbage: { kind: 'garbage' },
  empty: { kind: 'empty' },
  huge: { kind: 'huge' },
  hang: { kind: 'hang' },
  reset: { kind: 'reset' },
  redirect: { kind: 'redirect', location: 'http://127.0.0.1:9/' },
  hostile: { kind: 'hostile' },
} satisfies Record<string, Fault | undefined>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];
