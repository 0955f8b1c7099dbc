/** What the defaults of BATCH_SIZE, WORKER_CONCURRENCY and MAX_WAITING_JOBS come from, and what more workers bring. */
import { lineChart } from '../chart.ts';
import { backlogOf, type System } from '../drain.ts';
import { makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { measureCases, othersIn, type Say } from '../rounds.ts';
import { rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';

const WORKERS = 'worker processes';
const curvesOf: Record<string, number[]> = {
  BATCH_SIZE: [10, 50, 100, 200, 500, 1_000, 2_000],
  WORKER_CONCURRENCY: [1, 2, 4, 8, 16],
  MAX_WAITING_JOBS: [2, 10, 100, 400],
  [WORKERS]: [1, 2, 3],
};

const systemOf = (what: string, value: number): System =>
  what === WORKERS
    ? product(`${what} ${value}`, {}, value)
    : product(`${what} ${value}`, { [what]: String(value) });

export async function curves(world: World, options: Options, say: Say): Promise<Result> {
  const { matches, inboxes, rounds, file } = options;
  const backlog = backlogOf(await makeMatches(postsFrom(file), matches, inboxes));
  const points = Object.entries(curvesOf).flatMap(([what, values]) =>
    values.map((value) => ({ what, value })),
  );
  const cases = points.map(({ what, value }) => ({ system: systemOf(what, value), backlog }));
  const measured = await measureCases(world, cases, rounds, say);
  const all = points.map((point, at) => ({ ...point, ...measured[at]! }));
  const names = Object.keys(curvesOf);
  return {
    suite: 'curves',
    about: `${matches} matches of a backlog into ${inboxes} inboxes, one setting changed at a time, the others at their defaults; ${rounds} rounds, interleaved. ${othersIn(measured)}`,
    tables: names.map((name) => ({
      title: name,
      columns: [name, 'median/s', 'least to most', 'CPU µs a match', 'of which'],
      rows: all
        .filter(({ what }) => what === name)
        .map(({ value, perSecond, cpuTotal, cpu }) => [
          value,
          rounded(perSecond.median),
          `${rounded(perSecond.least)} to ${rounded(perSecond.most)}`,
          rounded(cpuTotal.median),
          Object.entries(cpu)
            .map(([process, us]) => `${process} ${rounded(us, 2)}`)
            .join(', '),
        ]),
    })),
    charts: names.map((name) => ({
      name: `curve-${name.toLowerCase().replaceAll(/[ _]/g, '-')}`,
      svg: lineChart({
        title: `CPU a match by ${name}`,
        xLabel: name,
        yLabel: 'µs a match, all processes and Redis',
        logX: name !== WORKERS,
        series: [
          {
            name: 'median',
            points: all
              .filter(({ what }) => what === name)
              .map(({ value, cpuTotal }) => [value, cpuTotal.median]),
          },
          {
            name: 'least',
            points: all
              .filter(({ what }) => what === name)
              .map(({ value, cpuTotal }) => [value, cpuTotal.least]),
          },
        ],
      }),
    })),
    rounds: measured,
  };
}
