/** A big topic: one match for 100,000 subscribers, beside the plain pipelined script calls, and what others feel of it. */
import { createDirectory } from '../../src/subscriptions/directory.ts';
import { arrivalTimes } from '../arrivals.ts';
import { type System, startAll, whenArrived } from '../drain.ts';
import { loadNow } from '../machine.ts';
import { append, inboxName, type Match, makeMatches, postsFrom, STREAM } from '../matches.ts';
import { observe } from '../observer.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import type { Say } from '../rounds.ts';
import { median, percentile, rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';
import { atRate } from './latency.ts';

const SUBSCRIBERS = 100_000;
const OTHERS = 20;
const OTHERS_RATE = 200;
const TOPIC = 'big-topic';

const subscriberName = (n: number): string => `subscriber-${n}`;

interface Round {
  /** Inbox writes a second: of the product, of the plain calls. */
  product: number;
  plain: number;
  others: { p50: number; p99: number; most: number };
  load: number;
}

export async function fanout(world: World, { rounds, file }: Options, say: Say): Promise<Result> {
  const found: Round[] = [];
  const matches = await makeMatches(postsFrom(file), 6_000, OTHERS);
  for (let round = 0; round < rounds; round += 1) {
    const plain = await plainCalls(world, matches[0]!);
    const ours = await throughProduct(world, matches);
    found.push({ ...ours, plain, load: loadNow() });
    say(`round ${round + 1}: product ${Math.round(ours.product)}/s, plain ${Math.round(plain)}/s`);
  }
  const of = (pick: (round: Round) => number) => rounded(median(found.map(pick)));
  return {
    suite: 'fanout',
    about: `One match with ${SUBSCRIBERS} subscribers, from its entry in the stream to the last inbox, while ${OTHERS_RATE} other matches a second come in; beside the same inbox writes as plain pipelined script calls of one process, 500 a pipeline, two on their way. ${rounds} rounds, medians. Load average ${of(({ load }) => load)}.`,
    tables: [
      {
        title: 'Inbox writes a second',
        columns: [
          'product',
          'plain calls',
          'product ÷ plain',
          'others p50 ms',
          'others p99 ms',
          'others most ms',
        ],
        rows: [
          [
            of(({ product }) => product),
            of(({ plain }) => plain),
            of(({ product, plain }) => product / plain),
            of(({ others }) => others.p50),
            of(({ others }) => others.p99),
            of(({ others }) => others.most),
          ],
        ],
      },
    ],
    charts: [],
    rounds: found,
  };
}

const subscribers = Array.from({ length: SUBSCRIBERS }, (_, n) => subscriberName(n));

async function plainCalls(world: World, { json }: Match): Promise<number> {
  await world.clear();
  await append(world.redis, [{ inbox: TOPIC, json }]);
  const system: System = {
    name: 'plain',
    processes: [{ name: 'plain', program: 'simpler', args: ['plain-calls', String(SUBSCRIBERS)] }],
  };
  const processes = startAll(world, system);
  try {
    await whenArrived(world, subscribers, SUBSCRIBERS, processes);
    const times = await arrivalTimes(world.redis, subscribers);
    return (times.length * 1_000) / (times.at(-1)! - times[0]!);
  } finally {
    await Promise.all(processes.map((one) => one.end()));
  }
}

async function throughProduct(
  world: World,
  matches: readonly Match[],
): Promise<Omit<Round, 'plain' | 'load'>> {
  await world.clear();
  const { redis } = world;
  const directory = createDirectory(redis);
  for (let at = 0; at < SUBSCRIBERS; at += 1_000) {
    await Promise.all(subscribers.slice(at, at + 1_000).map((one) => directory.register(TOPIC, one)));
  }
  const others = Array.from({ length: OTHERS }, (_, n) => inboxName(n));
  await Promise.all(others.map((one) => directory.register(one, one)));
  const processes = startAll(world, product('product', { ROUTING: 'directory' }));
  const observer = await observe(
    { reader: world.connect(), writer: world.connect(), stream: STREAM },
    others,
  );
  try {
    await atRate(observer, matches.slice(0, 2_000), 1_000);
    const big = matches[2_000]!.json.replace(/"subscription_id":"[^"]*"/, `"subscription_id":"${TOPIC}"`);
    const id = await redis.xadd(STREAM, '*', 'data', big);
    const done = new AbortController();
    const sending = atRate(observer, matches.slice(2_001), OTHERS_RATE, done.signal);
    await whenArrived(world, subscribers, SUBSCRIBERS, processes);
    done.abort();
    const ms = await sending;
    const times = await arrivalTimes(redis, subscribers);
    if (times.length !== SUBSCRIBERS) throw new Error(`${times.length} items of ${SUBSCRIBERS}`);
    return {
      product: (SUBSCRIBERS * 1_000) / (times.at(-1)! - Number(id!.split('-')[0])),
      others: { p50: percentile(ms, 0.5), p99: percentile(ms, 0.99), most: Math.max(...ms) },
    };
  } finally {
    observer.stop();
    await Promise.all(processes.map((one) => one.end()));
  }
}
