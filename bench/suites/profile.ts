/** Where every microsecond goes: profiles of pump and worker while they work a backlog off, and what Redis says of its commands. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Profile, readProfile } from '../cpu-profile.ts';
import { type Backlog, backlogOf, cpuBetween, FROM, startAll, TO, whenArrived } from '../drain.ts';
import { append, makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Cell, Result } from '../result.ts';
import type { Say } from '../rounds.ts';
import { rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';

const SHOWN_FUNCTIONS = 12;

export async function profile(world: World, options: Options, say: Say): Promise<Result> {
  const { matches, inboxes, file } = options;
  const backlog = backlogOf(await makeMatches(postsFrom(file), matches, inboxes));
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-profile-'));
  try {
    await world.clear();
    const { cpu, others, fromUs, toUs, commands } = await profiled(world, backlog, folder, say);
    const profiles = readdirSync(folder).map((name): [string, Profile] => [
      name.split('.')[0]!,
      readProfile(join(folder, name), fromUs, toUs),
    ]);
    const perStage = profiles.flatMap(([process, { stages }]) =>
      stages
        .filter(([, part]) => part >= 0.005)
        .map(([stage, part]): Cell[] => [process, stage, rounded(part * cpu[process]!, 2), percent(part)]),
    );
    const perFunction = profiles.flatMap(([process, { functions }]) =>
      functions
        .slice(0, SHOWN_FUNCTIONS)
        .map(([name, part]): Cell[] => [process, name, rounded(part * cpu[process]!, 2), percent(part)]),
    );
    return {
      suite: 'profile',
      about: `${matches} matches of a backlog into ${inboxes} inboxes under a sampling profiler, which costs something itself: CPU in µs a match ${list(cpu)}. Others used ${percent(others)} of the machine.`,
      tables: [
        { title: 'By stage', columns: ['process', 'stage', 'µs a match', 'part'], rows: perStage },
        {
          title: 'By function, its own time',
          columns: ['process', 'function', 'µs a match', 'part'],
          rows: perFunction,
        },
        {
          title: 'Redis by command (what a script runs is in evalsha, and again by itself)',
          columns: ['command', 'calls a match', 'µs a call', 'µs a match'],
          rows: commands,
        },
      ],
      charts: [],
      rounds: { cpu, profiles },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function profiled(world: World, backlog: Backlog, folder: string, say: Say) {
  await append(world.redis, backlog.matches);
  const system = product();
  const processes = system.processes.map((plan) => ({
    ...plan,
    nodeArgs: [
      ...(plan.nodeArgs ?? []),
      '--cpu-prof',
      `--cpu-prof-dir=${folder}`,
      `--cpu-prof-name=${plan.name}.cpuprofile`,
    ],
  }));
  const startedAt = performance.now();
  const started = startAll(world, { ...system, processes });
  try {
    const before = await whenArrived(world, backlog.inboxes, Math.floor(backlog.expected * FROM), started);
    await world.redis.config('RESETSTAT');
    const after = await whenArrived(world, backlog.inboxes, Math.floor(backlog.expected * TO), started);
    say('profiled');
    const commands = await commandStats(world, after.items - before.items);
    const window = {
      fromUs: (before.atMs - startedAt) * 1_000,
      toUs: (after.atMs - startedAt) * 1_000,
    };
    return { ...cpuBetween(before, after), ...window, commands };
  } finally {
    await Promise.all(started.map((one) => one.end()));
  }
}

async function commandStats({ redis }: World, items: number): Promise<Cell[][]> {
  const info = await redis.info('commandstats');
  return [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm)]
    .map(([, name, calls, usec]) => ({ name: name!, calls: Number(calls), usec: Number(usec) }))
    .filter(({ name, usec }) => usec / items >= 0.02 && name !== 'eval' && name !== 'info')
    .sort((a, b) => b.usec - a.usec)
    .map(({ name, calls, usec }) => [
      name,
      rounded(calls / items, 2),
      rounded(usec / calls, 2),
      rounded(usec / items, 2),
    ]);
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
const list = (cpu: Record<string, number>): string =>
  Object.entries(cpu)
    .map(([name, us]) => `${name} ${rounded(us, 2)}`)
    .join(', ');
