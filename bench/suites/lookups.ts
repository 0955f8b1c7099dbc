/** What lookups cost deliveries, whatever is wrong with Bluesky: each fault beside the same reads with lookups off, interleaved. */
import { type FaultName, faultNames } from '../faults.ts';
import { makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import type { Say } from '../rounds.ts';
import { median, rounded } from '../statistics.ts';
import type { World } from '../world.ts';
import { INBOXES, memoryNames, RATE, type Reads, readWhileDelivering, WARM_UP_S } from './reads.ts';

/** What a run takes besides, for its processes to start and to end. */
const AROUND_S = 15;

interface Pair {
  fault: FaultName;
  on: Reads;
  off: Reads;
}

export async function lookups(world: World, options: Options, say: Say): Promise<Result> {
  const { rounds, seconds, fault } = options;
  const names = faultNames.filter((name) => fault === 'all' || name === fault);
  const matches = await makeMatches(postsFrom(undefined), RATE * (seconds + WARM_UP_S), INBOXES);
  const pairs: Pair[] = [];
  const failed: string[] = [];
  const runs = rounds * names.length * 2;
  const minutes = Math.ceil((runs * (seconds + WARM_UP_S + AROUND_S)) / 60);
  console.error(
    `lookups: ${runs} runs, about ${minutes} minutes. With --fault NAME one row alone: ${faultNames.join(', ')}.`,
  );
  for (let round = 0; round < rounds; round += 1)
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length]!;
      const run = (lookedUpAt: 'off' | FaultName) => readWhileDelivering(world, matches, seconds, lookedUpAt);
      // In turn the first and the second.
      const isOffFirst = (round + turn) % 2 === 0;
      try {
        const first = await run(isOffFirst ? 'off' : name);
        const second = await run(isOffFirst ? name : 'off');
        const [on, off] = isOffFirst ? [second, first] : [first, second];
        pairs.push({ fault: name, on, off });
        say(`round ${round + 1}: ${name} p99 ${rounded(on.p99)} ms, off ${rounded(off.p99)} ms`);
      } catch (error) {
        // The others have hours behind them.
        failed.push(`round ${round + 1}, ${name}: ${String(error)}`);
        console.error(`not measured: ${failed.at(-1)}`);
      }
    }
  return {
    suite: 'lookups',
    about: `${RATE} matches/s into ${INBOXES} inboxes for ${seconds} s, whose feeds are fetched each second; each fault beside the same with BLUESKY_API_URL=off, interleaved; rounds: ${rounds}; medians (lost, twice and log lines: the most of a round; memory: the round in which it grew most). Load average ${median(pairs.map(({ on }) => on.load))}.${failed.length ? ` Not measured: ${failed.join('; ')}.` : ''}`,
    tables: [
      { title: 'Deliveries beside lookups', ...ofDeliveries(names, pairs) },
      { title: 'Lookups and readers', ...ofLookups(names, pairs) },
      {
        title: `Memory of each role in MB, after ${pairs[0]?.on.early.afterS} s and at the end, and how many times that`,
        columns: ['Bluesky', ...memoryNames],
        rows: [
          ...names.map((name) => [name, ...memory(of(pairs, name).map(({ on }) => on))]),
          ['off', ...memory(pairs.map(({ off }) => off))],
        ],
      },
    ],
    charts: [],
    rounds: pairs,
  };
}

const of = (pairs: readonly Pair[], name: FaultName) => pairs.filter(({ fault }) => fault === name);
const middle = (values: readonly number[], digits = 3) => rounded(median(values), digits);

const ofDeliveries = (names: readonly FaultName[], pairs: readonly Pair[]) => ({
  columns: [
    'Bluesky',
    'lookups tried',
    'lost',
    'twice',
    'throughput ÷ off',
    'p99 ÷ off',
    'log lines',
    ...memoryNames.map((role) => `${role} MB`),
    'p99 ms',
    'off: p99 ms',
  ],
  rows: names.map((name) => {
    const some = of(pairs, name);
    return [
      name,
      Math.min(...some.map(({ on }) => on.lookups)),
      Math.max(...some.flatMap(({ on, off }) => [on.lost, off.lost])),
      Math.max(...some.flatMap(({ on, off }) => [on.twice, off.twice])),
      middle(some.map(({ on, off }) => on.perSecond / off.perSecond)),
      middle(some.map(({ on, off }) => on.p99 / off.p99)),
      Math.max(...some.map(({ on }) => on.logLines)),
      ...memory(some.map(({ on }) => on)),
      middle(some.map(({ on }) => on.p99)),
      middle(some.map(({ off }) => off.p99)),
    ];
  }),
});

const ofLookups = (names: readonly FaultName[], pairs: readonly Pair[]) => ({
  columns: ['Bluesky', 'calls', 'off: log lines', 'feeds', 'not answered', 'feed p50 ms', 'off: p50 ms'],
  rows: names.map((name) => {
    const some = of(pairs, name);
    return [
      name,
      middle(some.map(({ on }) => on.calls)),
      Math.max(...some.map(({ off }) => off.logLines)),
      middle(some.map(({ on }) => on.feeds)),
      Math.max(...some.map(({ on }) => on.feedsRefused)),
      middle(some.map(({ on }) => on.feedP50)),
      middle(some.map(({ off }) => off.feedP50)),
    ];
  }),
});

/** Of each role, in the round in which it grew most. */
const memory = (runs: readonly Reads[]): string[] =>
  memoryNames.map((role) => {
    const grown = runs
      .map(({ early, late }) => ({ from: early.mb[role]!, to: late[role]! }))
      .toSorted((a, b) => b.to / b.from - a.to / a.from)[0];
    return grown
      ? `${Math.round(grown.from)} → ${Math.round(grown.to)} (${rounded(grown.to / grown.from)})`
      : '–';
  });
