/**
 * What goes wrong when, known beforehand from the seed: the same seed kills in the same order at the same times. `Redis` is that of
 * queues and inboxes, and without a second server of the stream, too; `Skywire` is the second server.
 */
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
  | 'connections cut'
  | 'Redis power cut'
  | 'Skywire kill -9'
  | 'Skywire power cut'
  | 'Skywire SIGSTOP'
  | 'relay kill -9'
  | 'relay SIGTERM'
  | 'relay SIGSTOP';

/** What a blow needs, to be in the plan. */
export interface Ground {
  twoServers?: boolean;
  relay?: boolean;
  /** Not where every write is on the disk before it is confirmed: a power cut is then no more than a kill -9. */
  powerCuts?: boolean;
}

export interface PlannedBlow {
  atMs: number;
  blow: Blow;
  /** Which of the victims at hand: a share of their number. */
  victim: number;
  /** How long it stands still, or how long Redis stays away. */
  forMs: number;
}

interface Kind {
  /** On average. */
  everySeconds: number;
  lastsMs: [least: number, most: number];
  needs?: readonly (keyof Ground)[];
}

/** Each has random numbers of its own, by its place: new ones go to the end, so that a seed keeps its blows. */
const kinds: Record<Blow, Kind> = {
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
  'Redis power cut': { everySeconds: 60, lastsMs: [100, 3_000], needs: ['powerCuts'] },
  'Skywire kill -9': { everySeconds: 50, lastsMs: [100, 3_000], needs: ['twoServers'] },
  'Skywire power cut': { everySeconds: 60, lastsMs: [100, 3_000], needs: ['twoServers', 'powerCuts'] },
  'Skywire SIGSTOP': { everySeconds: 75, lastsMs: [500, 6_000], needs: ['twoServers'] },
  'relay kill -9': { everySeconds: 15, lastsMs: [0, 0], needs: ['relay'] },
  'relay SIGTERM': { everySeconds: 45, lastsMs: [0, 0], needs: ['relay'] },
  'relay SIGSTOP': { everySeconds: 60, lastsMs: [500, 15_000], needs: ['relay'] },
};

/** SIGSTOP keeps this distance from the kills of Redis, which keep more from each other. */
const REDIS_REST_MS = 15_000;

export function planOf(seed: number, lengthMs: number, ground: Ground = {}): PlannedBlow[] {
  const plan = Object.entries(kinds).flatMap(
    (
      [
        blow,
        {
          everySeconds,
          lastsMs: [least, most],
          needs = [],
        },
      ],
      stream,
    ) => {
      if (needs.some((need) => !ground[need])) return [];
      const random = createRandom(seed, 100 + stream);
      const blows: PlannedBlow[] = [];
      // Those that came later may strike from the first second on.
      const firstAfter = needs.length ? 0 : 0.5;
      for (let atMs = 0; ; ) {
        atMs += everySeconds * 1_000 * ((blows.length ? 0.5 : firstAfter) + random.fraction());
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
