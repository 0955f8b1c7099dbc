/** What goes wrong when, known beforehand from the seed: the same seed kills in the same order at the same times. */
import { createRandom } from '../../src/simulator/random.ts';

export type Blow =
  | 'worker kill -9'
  | 'worker SIGTERM'
  | 'worker SIGSTOP'
  | 'pump kill -9'
  | 'pump SIGTERM'
  | 'pump SIGSTOP'
  | 'web kill -9'
  | 'Redis kill -9'
  | 'Redis SIGSTOP'
  | 'connections cut';

export interface PlannedBlow {
  atMs: number;
  blow: Blow;
  /** Which of the victims at hand: a share of their number. */
  victim: number;
  /** How long it stands still, or how long Redis stays away. */
  forMs: number;
}

/** On average one of a kind in so many seconds, and how long it lasts. */
const kinds: Record<Blow, { everySeconds: number; lastsMs: [least: number, most: number] }> = {
  'worker kill -9': { everySeconds: 4.5, lastsMs: [0, 0] },
  'worker SIGTERM': { everySeconds: 25, lastsMs: [0, 0] },
  // Longer than a job's lock, too.
  'worker SIGSTOP': { everySeconds: 30, lastsMs: [500, 18_000] },
  'pump kill -9': { everySeconds: 9, lastsMs: [0, 0] },
  'pump SIGTERM': { everySeconds: 40, lastsMs: [0, 0] },
  // Longer than after which another pump takes over what is pending.
  'pump SIGSTOP': { everySeconds: 45, lastsMs: [500, 22_000] },
  'web kill -9': { everySeconds: 60, lastsMs: [0, 0] },
  'Redis kill -9': { everySeconds: 36, lastsMs: [100, 3_000] },
  'Redis SIGSTOP': { everySeconds: 75, lastsMs: [500, 6_000] },
  'connections cut': { everySeconds: 20, lastsMs: [0, 0] },
};

/** Redis cannot be stopped while it is down: that keeps this distance from its kills, which keep more from each other. */
const REDIS_REST_MS = 15_000;

export function planOf(seed: number, lengthMs: number): PlannedBlow[] {
  const plan = Object.entries(kinds).flatMap(
    (
      [
        blow,
        {
          everySeconds,
          lastsMs: [least, most],
        },
      ],
      stream,
    ) => {
      const random = createRandom(seed, 100 + stream);
      const blows: PlannedBlow[] = [];
      for (let atMs = 0; ; ) {
        atMs += everySeconds * 1_000 * (0.5 + random.fraction());
        if (atMs >= lengthMs) return blows;
        const forMs = Math.round(least + (most - least) * random.fraction());
        blows.push({ atMs: Math.round(atMs), blow: blow as Blow, victim: random.fraction(), forMs });
      }
    },
  );
  plan.sort((a, b) => a.atMs - b.atMs);
  const kills = plan.filter(({ blow }) => blow === 'Redis kill -9').map(({ atMs }) => atMs);
  return plan.filter(
    ({ atMs, blow }) =>
      blow !== 'Redis SIGSTOP' || kills.every((killedMs) => Math.abs(killedMs - atMs) >= REDIS_REST_MS),
  );
}
