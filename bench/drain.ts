/**
 * A system works a backlog off. What counts begins when the first part has arrived, so that neither starting node nor its
 * compiler is measured; rates come from the times of the items, CPU from what each process used meanwhile.
 */
import { arrivalTimes, arrived } from './arrivals.ts';
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

/** Part of the items that warm a system up. */
const WARM_UP = 0.2;

export interface Backlog {
  matches: readonly Match[];
  expected: number;
  inboxes: string[];
}

export function backlogOf(matches: readonly Match[]): Backlog {
  const inboxes = [...new Set(matches.map(({ inbox }) => inbox))];
  return { matches, expected: itemsExpected(matches), inboxes };
}

/** Throws where an item is missing or there twice. */
export async function drain(world: World, system: System, backlog: Backlog): Promise<Drained> {
  const { redis } = world;
  await append(redis, backlog.matches);
  const processes = startAll(world, system);
  try {
    const warm = Math.floor(backlog.expected * WARM_UP);
    const before = await whenArrived(world, backlog.inboxes, warm, processes);
    const after = await whenArrived(world, backlog.inboxes, backlog.expected, processes);
    const times = await arrivalTimes(redis, backlog.inboxes);
    if (times.length !== backlog.expected)
      throw new Error(`${system.name}: ${times.length} items instead of ${backlog.expected}`);
    const seconds = (times.at(-1)! - times[warm]!) / 1_000;
    return { perSecond: (times.length - warm) / seconds, ...cpuBetween(before, after), load: loadNow() };
  } finally {
    await Promise.all(processes.map((one) => one.end()));
  }
}

export function startAll({ url }: World, { processes, settings = {} }: System): Started[] {
  return processes.map((plan) => startProcess(plan, url, settings));
}

export interface Sample {
  items: number;
  atMs: number;
  cpuMs: Record<string, number>;
  allMs: number;
}

export async function sample(world: World, inboxes: readonly string[], processes: readonly Started[]) {
  const items = await arrived(world.redis, inboxes);
  const cpuMs: Record<string, number> = { redis: cpuMsOf(world.redisPid) ?? 0 };
  for (const one of processes) cpuMs[one.name] = (cpuMs[one.name] ?? 0) + one.cpuMs();
  return { items, atMs: performance.now(), cpuMs, allMs: cpuMsOfAll() ?? 0 };
}

export async function whenArrived(
  world: World,
  inboxes: readonly string[],
  wanted: number,
  processes: readonly Started[],
): Promise<Sample> {
  let last: Sample | undefined;
  // Looking is work for Redis as well: the more inboxes, the more seldom.
  const everyMs = Math.min(1_000, Math.max(50, inboxes.length / 4));
  await until(async () => {
    last = await sample(world, inboxes, processes);
    return last.items >= wanted;
  }, everyMs);
  return last!;
}

export function cpuBetween(before: Sample, after: Sample): Pick<Drained, 'cpu' | 'cpuTotal' | 'others'> {
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
