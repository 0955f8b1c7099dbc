/** A backlog in the stream until it lies in the inboxes: the product beside simpler designs. */
import { barChart } from '../chart.ts';
import { backlogOf } from '../drain.ts';
import { makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { measureCases, othersIn, type Say } from '../rounds.ts';
import { median, rounded } from '../statistics.ts';
import { sideBySide } from '../systems/systems.ts';
import type { World } from '../world.ts';

export async function throughput(world: World, options: Options, say: Say): Promise<Result> {
  const { matches, inboxes, rounds, file } = options;
  const backlog = backlogOf(await makeMatches(postsFrom(file), matches, inboxes));
  const measured = await measureCases(
    world,
    sideBySide.map((system) => ({ system, backlog })),
    rounds,
    say,
  );
  const [ours] = measured;
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
        columns: ['system', 'median/s', 'least to most', 'product ÷ it', 'CPU µs', 'of which'],
        rows,
      },
    ],
    charts: [
      {
        name: 'throughput',
        svg: barChart({
          title: 'Matches a second, from a backlog in the stream to the inboxes',
          bars: measured.map(({ name, perSecond }, at) => ({ label: name, ...perSecond, ours: at === 0 })),
        }),
      },
    ],
    rounds: measured,
  };
}
