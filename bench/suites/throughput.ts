/** A backlog in the stream until it lies in the inboxes: the product beside simpler designs, or beside another build of it. */
import { barChart } from '../chart.ts';
import { backlogOf } from '../drain.ts';
import { makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Result, Table } from '../result.ts';
import { type Measured, measureCases, othersIn, type Say } from '../rounds.ts';
import { median, rounded } from '../statistics.ts';
import { loop, product, productOf, sideBySide } from '../systems/systems.ts';
import type { World } from '../world.ts';

export async function throughput(world: World, options: Options, say: Say): Promise<Result> {
  const { matches, inboxes, rounds, file, against } = options;
  const backlog = backlogOf(await makeMatches(postsFrom(file), matches, inboxes));
  const systems =
    against === undefined
      ? sideBySide
      : [product('this build'), productOf(against, `the build in ${against}`), loop];
  const measured = await measureCases(
    world,
    systems.map((system) => ({ system, backlog })),
    rounds,
    say,
  );
  const [ours, other] = measured;
  const rows = measured.map(({ name, perSecond, cpu, cpuTotal, rounds: each }) => [
    name,
    rounded(perSecond.median),
    `${rounded(perSecond.least)} to ${rounded(perSecond.most)}`,
    // Of each round by itself: what the machine did in it, it did to both.
    rounded(median(each.map((one, at) => ours!.rounds[at]!.perSecond / one.perSecond))),
    rounded(cpuTotal.median),
    Object.entries(cpu)
      .map(([process, us]) => `${process} ${rounded(us, 2)}`)
      .join(', '),
  ]);
  return {
    suite: 'throughput',
    about: `${matches} matches (${file ? 'real posts' : 'made-up posts'}) from the stream into ${inboxes} inboxes, ${rounds} rounds, interleaved. ${othersIn(measured)}`,
    tables: [
      {
        title: 'Matches a second, and CPU in µs a match',
        columns: [
          'system',
          'median/s',
          'least to most',
          against === undefined ? 'product ÷ it' : 'this ÷ it',
          'CPU µs',
          'of which',
        ],
        rows,
      },
      ...(against === undefined ? [] : [cpuByProcess(ours!, other!)]),
    ],
    // The charts of the docs show the simpler designs.
    charts:
      against === undefined
        ? [
            {
              name: 'throughput',
              svg: barChart({
                title: 'Matches a second, from a backlog in the stream to the inboxes',
                bars: measured.map(({ name, perSecond }, at) => ({
                  label: name,
                  ...perSecond,
                  ours: at === 0,
                })),
              }),
            },
          ]
        : [],
    rounds: measured,
  };
}

function cpuByProcess(ours: Measured, other: Measured): Table {
  const ratio = (part: (round: Measured['rounds'][number]) => number) =>
    rounded(median(ours.rounds.map((round, at) => part(round) / part(other.rounds[at]!))));
  return {
    title: 'CPU in µs a match, by process; this ÷ other: median of the rounds',
    columns: ['process', 'this', 'other', 'this ÷ other'],
    rows: [
      ...Object.entries(ours.cpu).map(([name, us]) => [
        name,
        rounded(us),
        rounded(other.cpu[name] ?? Number.NaN),
        ratio(({ cpu }) => cpu[name] ?? Number.NaN),
      ]),
      [
        'together',
        rounded(ours.cpuTotal.median),
        rounded(other.cpuTotal.median),
        ratio(({ cpuTotal }) => cpuTotal),
      ],
    ],
  };
}
