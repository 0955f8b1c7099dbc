/** What a match costs on a Cluster of three masters, beside one server: CPU by process. */
import { whileWorking } from '../drain.ts';
import { append, itemsExpected, type Match, makeMatches, postsFrom, STREAM } from '../matches.ts';
import { openNodes } from '../nodes.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { type Measured, othersIn, type Say, together } from '../rounds.ts';
import { median, rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';

const MASTERS = 3;
/** Each on another master. */
const PARTITIONS = ['matches:{c}', 'matches:{b}', 'matches:{a}'];
const FROM = 0.2;
const TO = 0.8;

interface Place {
  name: string;
  world: World;
  streams: string[];
}

export async function cluster(_: World, options: Options, say: Say): Promise<Result> {
  const { matches: count, inboxes, rounds, file } = options;
  const matches = await makeMatches(postsFrom(file), count, inboxes);
  const one = await openNodes(1);
  const masters = await openNodes(MASTERS);
  const places: Place[] = [
    { name: 'one server', world: one, streams: [STREAM] },
    { name: 'one server, three partitions', world: one, streams: PARTITIONS },
    { name: 'Cluster, one stream', world: masters, streams: [STREAM] },
    { name: 'Cluster, three partitions', world: masters, streams: PARTITIONS },
  ];
  const drained = places.map((): Awaited<ReturnType<typeof whileWorking>>[] => []);
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < places.length; turn += 1) {
        const at = (round + turn) % places.length;
        const result = await drainPlace(places[at]!, matches);
        drained[at]!.push(result);
        say(`round ${round + 1}: ${places[at]!.name} ${Math.round(result.cpuTotal)} µs`);
      }
    }
  } finally {
    await one.stop();
    await masters.stop();
  }
  const measured = places.map(({ name }, at) => together(name, drained[at]!));
  return {
    suite: 'cluster',
    about: `${count} matches into ${inboxes} inboxes over TCP on loopback, ${rounds} rounds, interleaved; ${MASTERS} masters, no replicas. ${othersIn(measured)}`,
    tables: [
      {
        title: 'CPU in µs a match; ÷: median of the rounds, of one server with as many partitions',
        columns: ['system', 'CPU µs', '÷ one server', 'median/s', 'of which'],
        rows: measured.map(({ name, cpuTotal, perSecond, cpu }, at) => [
          name,
          rounded(cpuTotal.median),
          rounded(ratio(measured[at]!, measured[at % 2]!)),
          rounded(perSecond.median),
          Object.entries(cpu)
            .map(([process, us]) => `${process} ${rounded(us, 2)}`)
            .join(', '),
        ]),
      },
    ],
    charts: [],
    rounds: measured,
  };
}

const ratio = (these: Measured, those: Measured): number =>
  median(these.rounds.map(({ cpuTotal }, at) => cpuTotal / those.rounds[at]!.cpuTotal));

async function drainPlace({ name, world, streams }: Place, matches: readonly Match[]) {
  await world.clear();
  const inboxes = [...new Set(matches.map(({ inbox }) => inbox))];
  const streamOf = new Map(inboxes.map((inbox, at) => [inbox, streams[at % streams.length]!]));
  for (const stream of streams)
    await append(
      world.redis,
      matches.filter(({ inbox }) => streamOf.get(inbox) === stream),
      stream,
    );
  await world.flush();
  const expected = itemsExpected(matches);
  const window = { from: Math.floor(expected * FROM), to: Math.floor(expected * TO), until: expected };
  return whileWorking(world, product(name, { SKYWIRE_STREAM: streams.join(',') }), inboxes, window);
}
