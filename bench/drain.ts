/**
 * A system works a backlog off. What counts begins when the first part has arrived, so that neither starting node nor its
 * compiler is measured, and ends before the last: whoever reads ahead has as much in hand at the end as at the beginning. Rates come
 * from the times of the items, CPU from what each process used meanwhile.
 */
import { arrivalTimes, arrived, arrivedAbout } from './arrivals.ts';
import { cpuMsOf, cpuMsOfAll, loadNow } from './machine.ts';
import { append, itemsExpected, type Match } from './matches.ts';
import { type ProcessPlan, type Settings, type Started, startProcess } from './processes.ts';
import { until, type World } from './world.ts';

export interface System {
  name: string;
  processes: readonly ProcessPlan[];
  settings?: Settings;
}

export interface Drained {
  /** Items a second. */
  perSecond: number;
  /** CPU in µs an item, by process; Redis too. */
  cpu: Record<string, number>;
  cpuTotal: number;
  /** Part of the machine's CPU that others used meanwhile. */
  others: number;
  load: number;
}

/** Parts of the items that are there when counting begins and ends. */
const FROM = 0.2;
const TO = 0.8;

export interface Backlog {
  matches: readonly Match[];
  expected: number;
  inboxes: string[];
  /** Items that were there before; more than the inboxes' bounds allow in the end, where there are many. */
  before?: number;
}

export function backlogOf(matches: readonly Match[]): Backlog {
  const inboxes = [...new Set(matches.map(({ inbox }) => inbox))];
  return { matches, expected: itemsExpected(matches), inboxes };
}

/** Throws where an item is missing or there twice. */
export async function drain(world: World, system: System, backlog: Backlog): Promise<Drained> {
  await append(world.redis, backlog.matches);
  const { expected, before = 0, inboxes } = backlog;
  const [from, to] = [Math.floor(expected * FROM), Math.floor(expected * TO)];
  const window = { from: before + from, to: before + to, until: before + expected };
  const drained = await whileWorking(world, system, inboxes, window);
  const items = await arrived(world.redis, inboxes);
  if (items !== before + expected)
    throw new Error(`${system.name}: ${items - before} items instead of ${expected}`);
  const counted = (await arrivalTimes(world.redis, inboxes)).slice(-expected).slice(from, to);
  return { ...drained, perSecond: (counted.length * 1_000) / (counted.at(-1)! - counted[0]!) };
}

/** In items that are in the inboxes. `until`: when the system is ended. */
interface Window {
  from: number;
  to: number;
  until?: number;
}

/** What the system did in the window. */
export async function whileWorking(
  world: World,
  system: System,
  inboxes: readonly string[],
  { from, to, until = to }: Window,
): Promise<Drained> {
  const processes = startAll(world, system);
  try {
    const before = await whenArrived(world, inboxes, from, processes);
    const after = await whenArrived(world, inboxes, to, processes);
    await whenArrived(world, inboxes, until, processes);
    const perSecond = ((after.items - before.items) * 1_000) / (after.atMs - before.atMs);
    return { perSecond, ...cpuBetween(before, after), load: loadNow() };
  } finally {
    await Promise.all(processes.map((one) => one.end()));
  }
}

export function startAll({ url }: World, { processes, settings = {} }: System): Started[] {
  return processes.map((plan) => startProcess(plan, url, settings));
}

interface Sample {
  items: number;
  atMs: number;
  cpuMs: Record<string, number>;
  allMs: number;
}

function sample(world: World, items: number, processes: readonly Started[]): Sample {
  const cpuMs: Record<string, number> = {
    redis: world.redisPids.reduce((sum, pid) => sum + (cpuMsOf(pid) ?? 0), 0),
  };
  for (const one of processes) cpuMs[one.name] = (cpuMs[one.name] ?? 0) + one.cpuMs();
  return { items, atMs: performance.now(), cpuMs, allMs: cpuMsOfAll() ?? 0 };
}

const LOOK_EVERY_MS = 100;

/** Waits until at least so many items were written; names them all where that is the end. */
export async function whenArrived(
  world: World,
  inboxes: readonly string[],
  wanted: number,
  processes: readonly Started[],
): Promise<Sample> {
  let last: Sample | undefined;
  await until(async () => {
    const about = await arrivedAbout(world.redis, inboxes);
    last = sample(world, about, processes);
    // The last few may be in the inboxes that were not looked at.
    if (about < wanted * 0.99) return false;
    last = sample(world, await arrived(world.redis, inboxes), processes);
    return last.items >= wanted;
  }, LOOK_EVERY_MS);
  return last!;
}

function cpuBetween(before: Sample, after: Sample): Pick<Drained, 'cpu' | 'cpuTotal' | 'others'> {
  const items = after.items - before.items;
  const used = Object.entries(after.cpuMs).map(([name, ms]) => [name, ms - before.cpuMs[name]!] as const);
  const ours = used.reduce((sum, [, ms]) => sum + ms, 0);
  const all = after.allMs - before.allMs;
  return {
    cpu: Object.fromEntries(used.map(([name, ms]) => [name, (ms * 1_000) / items])),
    cpuTotal: (ours * 1_000) / items,
    others: all > 0 ? Math.max(0, (all - ours) / all) : 0,
  };
}
