/** Rounds of several cases, interleaved: whatever the machine does besides, it does to all of them. */
import { type Backlog, type Drained, drain, type System } from './drain.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { World } from './world.ts';

export interface Case {
  system: System;
  backlog: Backlog;
  /** Before the backlog is there. */
  prepare?: (world: World) => Promise<void>;
}

export interface Measured {
  name: string;
  perSecond: Spread;
  /** CPU in µs an item, by process and together: medians. */
  cpu: Record<string, number>;
  cpuTotal: Spread;
  rounds: Drained[];
}

export type Say = (line: string) => void;

export async function measureCases(
  world: World,
  cases: Case[],
  rounds: number,
  say: Say,
): Promise<Measured[]> {
  const drained: Drained[][] = cases.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another case and every second one runs backwards: none always follows the same one.
    const step = round % 2 ? cases.length - 1 : 1;
    for (let turn = 0; turn < cases.length; turn += 1) {
      const at = (round + turn * step) % cases.length;
      const { system, backlog, prepare } = cases[at]!;
      await world.clear();
      await prepare?.(world);
      const one = await drain(world, system, backlog);
      drained[at]!.push(one);
      say(
        `round ${round + 1}: ${system.name} ${Math.round(one.perSecond)}/s, ${Math.round(one.cpuTotal)} µs, others ${Math.round(one.others * 100)} %`,
      );
    }
  }
  return cases.map(({ system }, at) => together(system.name, drained[at]!));
}

export function together(name: string, rounds: Drained[]): Measured {
  const names = Object.keys(rounds[0]!.cpu);
  return {
    name,
    perSecond: spreadOf(rounds.map(({ perSecond }) => perSecond)),
    cpu: Object.fromEntries(names.map((key) => [key, spreadOf(rounds.map(({ cpu }) => cpu[key]!)).median])),
    cpuTotal: spreadOf(rounds.map(({ cpuTotal }) => cpuTotal)),
    rounds,
  };
}

/** Part of the machine that others used, over all rounds. */
export function othersIn(measured: readonly Measured[]): string {
  const parts = measured.flatMap(({ rounds }) => rounds.map(({ others }) => others));
  const loads = measured.flatMap(({ rounds }) => rounds.map(({ load }) => load));
  const { median, least, most } = spreadOf(parts);
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  return `Of the machine's CPU others used ${percent(median)} (${percent(least)} to ${percent(most)}); load average ${spreadOf(loads).median}.`;
}
