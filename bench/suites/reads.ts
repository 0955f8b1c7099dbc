/** One run of the lookups suite: matches at a steady rate into a few inboxes, whose feeds are fetched each second, by real processes. */
import { identitiesIn } from '../arrivals.ts';
import { type System, startAll } from '../drain.ts';
import { type FaultName, faults } from '../faults.ts';
import { feedsOf, readFeeds } from '../feeds.ts';
import { loadNow } from '../machine.ts';
import { inboxName, itemsOf, type Match, STREAM } from '../matches.ts';
import { type Observer, observe } from '../observer.ts';
import type { Started } from '../processes.ts';
import { percentile } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import { until, type World } from '../world.ts';
import { atRate } from './latency.ts';

export const RATE = 1_000;
export const INBOXES = 20;
export const WARM_UP_S = 2;
const EARLY_S = 10;
/** Left for the last matches to arrive; what has not by then is lost. */
const ARRIVE_WITHIN_MS = 60_000;
/** Lines that are kept, to tell what was logged: with --json. */
const SAID = 50;
const READY_WITHIN_MS = 60_000;

const [WEB_PORT, WORKER_PORT, BLUESKY_PORT] = [31_918, 31_919, 31_920];
const at = (port: number) => `http://127.0.0.1:${port}`;
export const memoryNames = ['pump', 'worker', 'web'] as const;
type Memory = Record<string, number>;

export interface Reads {
  /** Matches that reached no inbox, and items too many. */
  lost: number;
  twice: number;
  perSecond: number;
  /** From just before XADD until the item could be read, ms. */
  p50: number;
  p99: number;
  /** Names, posts and record keys that jobs looked up, whatever came of it; calls that were made or left out. */
  lookups: number;
  calls: number;
  /** Of all roles, from before the first match until after the last. */
  logLines: number;
  /** The first of them. */
  logged: string[];
  feeds: number;
  feedsRefused: number;
  feedP50: number;
  /** MB. */
  early: { afterS: number; mb: Memory };
  late: Memory;
  load: number;
}

export async function readWhileDelivering(
  world: World,
  matches: readonly Match[],
  seconds: number,
  lookedUpAt: 'off' | FaultName,
): Promise<Reads> {
  await world.clear();
  const processes = startAll(world, systemOf(lookedUpAt, matches.length));
  const inboxes = Array.from({ length: INBOXES }, (_, n) => inboxName(n));
  try {
    await areReady(lookedUpAt);
    const feeds = await feedsOf(at(WEB_PORT), inboxes);
    const connections = { reader: world.connect(), writer: world.connect(), stream: STREAM };
    const observer = await observe(connections, inboxes);
    const lines = processes.map((one) => ({ one, before: one.logLines().length }));
    const linesSince = () => lines.flatMap(({ one, before }) => one.logLines().slice(before));
    const readers = readFeeds(feeds);
    try {
      await send(observer, matches.slice(0, RATE * WARM_UP_S));
      const afterS = Math.min(EARLY_S, seconds / 2);
      let early: Memory = {};
      const timer = setTimeout(() => (early = memoryOf(processes)), afterS * 1_000);
      const measured = await send(observer, matches.slice(RATE * WARM_UP_S));
      clearTimeout(timer);
      const late = memoryOf(processes);
      const { ms, refused } = readers.read();
      return {
        ...(await lostOrTwice(world, inboxes, matches)),
        ...measured,
        lookups: await sumOf('skywire_inbox_lookups_total'),
        calls: await sumOf('skywire_inbox_lookup_calls_total'),
        logLines: linesSince().length,
        logged: linesSince().slice(0, SAID),
        feeds: ms.length,
        feedsRefused: refused,
        feedP50: percentile(ms, 0.5),
        early: { afterS, mb: early },
        late,
        load: loadNow(),
      };
    } finally {
      await readers.stop();
      observer.stop();
    }
  } finally {
    await Promise.all(processes.map((one) => one.end()));
  }
}

function systemOf(lookedUpAt: 'off' | FaultName, posts: number): System {
  const { processes } = product();
  const roles = [...processes, { name: 'web', program: 'product' as const, args: ['web'] }].map((plan) => ({
    ...plan,
    keepsLines: true,
    ...(plan.name === 'worker' && { settings: { HEALTH_PORT: String(WORKER_PORT) } }),
  }));
  const settings = { PORT: String(WEB_PORT), LOG_LEVEL: 'info' };
  if (lookedUpAt === 'off') return { name: 'off', settings, processes: roles };
  const args = [String(BLUESKY_PORT), String(posts)];
  return {
    name: lookedUpAt,
    settings: { ...settings, BLUESKY_API_URL: at(BLUESKY_PORT), PLC_URL: at(BLUESKY_PORT) },
    processes: [{ name: 'bluesky', program: 'bluesky', args }, ...roles],
  };
}

async function areReady(lookedUpAt: 'off' | FaultName): Promise<void> {
  const answers = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const port of [WEB_PORT, WORKER_PORT])
    await until(() => answers(`${at(port)}/readyz`), 100, READY_WITHIN_MS);
  if (lookedUpAt === 'off') return;
  await until(() => answers(`${at(BLUESKY_PORT)}/made-up/calls`), 100, READY_WITHIN_MS);
  const body = JSON.stringify(['*', faults[lookedUpAt] ?? null]);
  const answer = await fetch(`${at(BLUESKY_PORT)}/made-up/setFault`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`the made-up Bluesky takes no fault: ${answer.status}`);
}

/** All of them at RATE; throughput until the last that arrived. */
async function send(observer: Observer, matches: readonly Match[]) {
  const ms: number[] = [];
  const startedAt = performance.now();
  let lastAt = startedAt;
  const noting: Observer = {
    ...observer,
    async send(match) {
      const one = await observer.send(match);
      ms.push(one);
      lastAt = performance.now();
      return one;
    },
  };
  await atRate(noting, matches, RATE, undefined, ARRIVE_WITHIN_MS).catch(() => undefined);
  return {
    perSecond: (ms.length * 1_000) / (lastAt - startedAt),
    p50: percentile(ms, 0.5),
    p99: percentile(ms, 0.99),
  };
}

async function lostOrTwice(world: World, inboxes: readonly string[], matches: readonly Match[]) {
  const there = await identitiesIn(world.redis, inboxes);
  const items = new Set(there);
  const lost = [...itemsOf(matches)].filter((item) => !items.has(item)).length;
  return { lost, twice: there.length - items.size };
}

const memoryOf = (processes: readonly Started[]): Memory =>
  Object.fromEntries(processes.map((one) => [one.name, one.residentMb()]));

/** Of a counter of the worker, all labels together. */
async function sumOf(counter: string): Promise<number> {
  const text = await (await fetch(`${at(WORKER_PORT)}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^${counter}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}
