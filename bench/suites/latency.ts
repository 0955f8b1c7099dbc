/** From just before XADD until the item can be read: a lone match on an idle system, and a steady rate of them. */
import { setTimeout as pause } from 'node:timers/promises';
import { createPacer } from '../../src/simulator/pacer.ts';
import { type System, startAll } from '../drain.ts';
import { loadNow } from '../machine.ts';
import { inboxName, type Match, makeMatches, postsFrom, STREAM } from '../matches.ts';
import { type Observer, observe } from '../observer.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import type { Say } from '../rounds.ts';
import { median, percentile, rounded } from '../statistics.ts';
import { loop, product, productOf } from '../systems/systems.ts';
import { until, type World } from '../world.ts';

const INBOXES = 20;
const WARM_UP = 2_000;
const LONE = 200;
const SECONDS = 10;
const RATES = [0, 1_000, 3_000];

interface Latency {
  system: string;
  rate: number;
  p50: number;
  p99: number;
  most: number;
  load: number;
}

export async function latency(world: World, { rounds, file, against }: Options, say: Say): Promise<Result> {
  const other = against === undefined ? [] : [productOf(against, `the build in ${against}`)];
  const systems = [product(), ...other, loop];
  const count = WARM_UP + LONE + RATES.reduce((sum, rate) => sum + rate * SECONDS, 0);
  const matches = await makeMatches(postsFrom(file), count, INBOXES);
  const found: Latency[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const system of systems) {
      found.push(...(await oneRound(world, system, matches)));
      say(`round ${round + 1}: ${system.name} p50 ${found.at(-1)!.p50} p99 ${found.at(-1)!.p99}`);
    }
  }
  const rows = RATES.flatMap((rate) =>
    systems.map(({ name }) => {
      const of = found.filter((one) => one.rate === rate && one.system === name);
      return [
        rate ? `${rate}/s` : 'one at a time',
        name,
        rounded(median(of.map(({ p50 }) => p50))),
        rounded(median(of.map(({ p99 }) => p99))),
        rounded(Math.min(...of.map(({ p99 }) => p99))),
        rounded(Math.max(...of.map(({ p99 }) => p99))),
        rounded(Math.max(...of.map(({ most }) => most))),
      ];
    }),
  );
  return {
    suite: 'latency',
    about: `Milliseconds from just before XADD until XREAD of the inbox has the item, seen from a third process; ${LONE} lone matches, then each rate for ${SECONDS} s; ${rounds} rounds, medians. Load average ${median(found.map(({ load }) => load))}.`,
    tables: [
      {
        title: 'Latency in ms',
        columns: ['rate', 'system', 'p50', 'p99', 'best p99', 'worst p99', 'most'],
        rows,
      },
    ],
    charts: [],
    rounds: found,
  };
}

async function oneRound(world: World, system: System, matches: readonly Match[]): Promise<Latency[]> {
  await world.clear();
  const processes = startAll(world, system);
  const inboxes = Array.from({ length: INBOXES }, (_, n) => inboxName(n));
  const connections = { reader: world.connect(), writer: world.connect(), stream: STREAM };
  const observer = await observe(connections, inboxes);
  let next = 0;
  const take = (count: number) => matches.slice(next, (next += count));
  const found: Latency[] = [];
  try {
    await atRate(observer, take(WARM_UP), 1_000);
    for (const rate of RATES) {
      const ms = rate
        ? await atRate(observer, take(rate * SECONDS), rate)
        : await oneByOne(observer, take(LONE));
      found.push({
        system: system.name,
        rate,
        p50: percentile(ms, 0.5),
        p99: percentile(ms, 0.99),
        most: Math.max(...ms),
        load: loadNow(),
      });
    }
    return found;
  } finally {
    observer.stop();
    await Promise.all(processes.map((one) => one.end()));
  }
}

/** Each alone: the next one goes out some time after the last one is there. */
async function oneByOne(observer: Observer, matches: readonly Match[]): Promise<number[]> {
  const ms: number[] = [];
  for (const [nth, match] of matches.entries()) {
    ms.push(await observer.send(match));
    await pause(10 + ((nth * 7) % 30));
  }
  return ms;
}

/** All of them, or until the signal; whatever happens to those before, the next go out in time. */
export async function atRate(
  observer: Observer,
  matches: readonly Match[],
  rate: number,
  signal?: AbortSignal,
  arriveWithinMs?: number,
): Promise<number[]> {
  const pacer = createPacer(rate, () => performance.now());
  const isOver = () => signal?.aborted === true;
  const ms: number[] = [];
  for (let next = 0; next < matches.length && !isOver(); ) {
    const due = Math.min(pacer.due(), matches.length - next);
    for (const match of matches.slice(next, next + due)) {
      void observer.send(match).then((one) => ms.push(one));
    }
    next += due;
    pacer.spend(due);
    await pause(1);
  }
  await until(() => Promise.resolve(observer.waiting() === 0), 5, arriveWithinMs);
  return ms;
}
