/** Whether a match costs the same with much behind it, for many inboxes, and into full ones. */

import { parseMatch } from '../../queues/index.ts';
import { toConfig } from '../../src/config/config.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { lineChart } from '../chart.ts';
import { backlogOf, type Drained, whileWorking } from '../drain.ts';
import { append, type Match, makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Chart, Result, Table } from '../result.ts';
import { type Case, type Measured, measureCases, othersIn, type Say, together } from '../rounds.ts';
import { rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';

const BACKLOGS = [10_000, 100_000, 1_000_000];
const INBOXES = [100, 1_000, 10_000, 100_000];
const ITEMS = [1, 100, 1_000, 9_000, 10_000];
/** In front of what is measured, so that the compiler has done its work: the same in each case. */
const WARM = 40_000;
const WINDOW = 80_000;
const FULL_INBOXES = 20;
const NEW_EACH = 1_000;

export async function scale(world: World, options: Options, say: Say): Promise<Result> {
  const backlog = await byBacklog(world, options, say);
  const inboxes = await byInboxes(world, options, say);
  const items = await byItems(world, options, say);
  const curves = [
    curve('backlog', 'Matches left in the stream behind those measured', BACKLOGS, backlog),
    curve('inboxes', 'Inboxes that the matches go to', INBOXES, inboxes),
    curve('items', 'Items in each inbox before (the last: at its bound)', ITEMS, items),
  ];
  return {
    suite: 'scale',
    about: `CPU and rate of a match as things grow; ${options.rounds} rounds, interleaved. ${othersIn([...backlog, ...inboxes, ...items])}`,
    tables: curves.map(({ table }) => table),
    charts: curves.map(({ chart }) => chart),
    rounds: { backlog, inboxes, items },
  };
}

function curve(name: string, title: string, xs: readonly number[], measured: readonly Measured[]) {
  const table: Table = {
    title,
    columns: [name, 'CPU µs a match', 'least to most', 'of the first', 'median/s', 'of which'],
    rows: measured.map(({ perSecond, cpuTotal, cpu }, at) => [
      xs[at]!,
      rounded(cpuTotal.median),
      `${rounded(cpuTotal.least)} to ${rounded(cpuTotal.most)}`,
      rounded(cpuTotal.median / measured[0]!.cpuTotal.median),
      rounded(perSecond.median),
      Object.entries(cpu)
        .map(([process, us]) => `${process} ${rounded(us, 2)}`)
        .join(', '),
    ]),
  };
  const points = measured.map(({ cpuTotal }, at): [number, number] => [xs[at]!, cpuTotal.median]);
  const svg = lineChart({
    title: `CPU a match: ${title.toLowerCase()}`,
    xLabel: name,
    yLabel: 'µs a match, all processes and Redis',
    logX: true,
    series: [{ name: 'median', points }],
  });
  return { table, chart: { name: `scale-${name}`, svg } satisfies Chart };
}

/** The same matches in the same inboxes each time; what differs is how many more stand in the stream behind them. */
async function byBacklog(world: World, { rounds, inboxes, file }: Options, say: Say): Promise<Measured[]> {
  const backlog = backlogOf(await makeMatches(postsFrom(file), WARM + WINDOW, inboxes));
  const drained: Drained[][] = BACKLOGS.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, behind] of BACKLOGS.entries()) {
      await world.clear();
      await append(world.redis, backlog.matches);
      // Never delivered: the system is ended before.
      for (let done = 0; done < behind; done += WARM)
        await append(world.redis, backlog.matches.slice(0, Math.min(WARM, behind - done)));
      await world.flush();
      const one = await whileWorking(world, product(), backlog.inboxes, {
        from: WARM,
        to: WARM + WINDOW * 0.75,
      });
      drained[at]!.push(one);
      say(`round ${round + 1}: ${behind} behind, ${Math.round(one.cpuTotal)} µs`);
    }
  }
  return BACKLOGS.map((behind, at) => together(`${behind} behind`, drained[at]!));
}

async function byInboxes(world: World, { rounds, file }: Options, say: Say): Promise<Measured[]> {
  const cases: Case[] = [];
  for (const inboxes of INBOXES) {
    const backlog = backlogOf(await makeMatches(postsFrom(file), 2 * INBOXES.at(-1)!, inboxes));
    cases.push({ system: product(`${inboxes} inboxes`), backlog });
  }
  return measureCases(world, cases, rounds, say);
}

async function byItems(world: World, { rounds, file }: Options, say: Say): Promise<Measured[]> {
  const made = await makeMatches(postsFrom(file), FULL_INBOXES * (ITEMS.at(-1)! + NEW_EACH), FULL_INBOXES);
  const fresh = made.slice(0, FULL_INBOXES * NEW_EACH);
  const older = made.slice(fresh.length);
  const cases = ITEMS.map((items): Case => {
    const before = items * FULL_INBOXES;
    return {
      // So few matches that a pump reading far ahead would be done before the counting begins.
      system: product(`${items} items`, { BATCH_SIZE: '500', MAX_WAITING_JOBS: '2' }),
      backlog: { ...backlogOf(fresh), before },
      prepare: (world) => fill(world, older.slice(0, before)),
    };
  });
  return measureCases(world, cases, rounds, say);
}

async function fill({ redis }: World, matches: readonly Match[]): Promise<void> {
  const writer = createInboxWriter(redis, toConfig({}, { listens: () => false }).inbox);
  for (let at = 0; at < matches.length; at += 1_000) {
    const deliveries = matches.slice(at, at + 1_000).map(({ inbox, json }) => {
      const parsed = parseMatch(json);
      if (!('match' in parsed)) throw new Error(parsed.malformed);
      return { subscriber: inbox, match: parsed.match };
    });
    await writer.write(deliveries);
  }
}
