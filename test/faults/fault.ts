/**
 * One row of the fault table: a world under load, a fault, and the oracle's judgement. `inject` makes the fault happen, proves
 * that it did, and returns when it is over, with what happened in a few words. It is called at a random moment of the system's life,
 * from its first second on; what else it chooses it asks of `moments`, so that no blow falls at a moment that somebody picked.
 */
import { expect, onTestFinished } from 'vitest';
import { flawless, type JudgeOptions } from '../fixtures/judge.ts';
import type { Moments } from '../fixtures/moments.ts';
import type { Role } from '../fixtures/roles.ts';
import { openWorld, type Site, type World, type WorldOptions } from '../fixtures/world.ts';
import { row } from './row.ts';

export interface Cast {
  pumps: Role[];
  workers: Role[];
  web: Role;
}

export interface FaultOptions extends Omit<WorldOptions, 'site'> {
  site?: () => Promise<Site>;
  pumps?: number;
  workers?: number;
  /** Matches per second while `inject` runs; 0: it sends by itself. */
  rate?: number;
  recoversWithinMs?: number;
  /** How many matches end in `failed` of `parked`. */
  parked?: number;
  timeoutMs?: number;
  judge?: (world: World) => Partial<JudgeOptions> | Promise<Partial<JudgeOptions>>;
}

export function fault(
  name: string,
  options: FaultOptions,
  inject: (world: World, cast: Cast, moments: Moments) => Promise<string>,
): void {
  const { rate = 500, recoversWithinMs = 60_000, timeoutMs = 180_000 } = options;
  row(name, timeoutMs, async (about, moments) => {
    const world = await openWorldOf(options);
    onTestFinished(() => world.stop(), 60_000);
    const cast = await startCast(world, options);
    if (rate) world.producer.run(rate);
    moments.begin();
    await moments.wait();
    about.happened = await inject(world, cast, moments);
    const overAt = performance.now();
    await world.producer.stop();
    await world.quiet(recoversWithinMs);
    about.recoveryMs = Math.round(performance.now() - overAt);
    const found = await world.judge({ webUrl: cast.web.url, ...(await options.judge?.(world)) });
    Object.assign(about, { matches: found.ok, lost: found.lost, duplicated: found.duplicated });
    expect(found.ok, 'matches that Redis confirmed').toBeGreaterThan(0);
    expect(found).toMatchObject(flawless);
    for (const queue of ['matches', 'fanout'])
      expect(await world.failed(queue), `jobs failed in ${queue}`).toBe(0);
    expect(await world.failed('parked'), `matches parked: ${await whyParked(world)}`).toBe(
      options.parked ?? 0,
    );
  });
}

async function openWorldOf({ site, ...rest }: FaultOptions): Promise<World> {
  return openWorld({
    ...rest,
    ...(site && { site: await site() }),
    env: { LOG_LEVEL: 'warn', BATCH_SIZE: '50', ...rest.env },
  });
}

async function startCast(world: World, { pumps = 1, workers = 2 }: FaultOptions): Promise<Cast> {
  const start = (role: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => world.start(role)));
  const [pumpRoles, workerRoles, [web]] = await Promise.all([
    start('pump', pumps),
    start('worker', workers),
    start('web', 1),
  ]);
  return { pumps: pumpRoles, workers: workerRoles, web: web! };
}

async function whyParked({ client }: World): Promise<string> {
  const ids = await client.zrange('skywire-inbox:{parked}:parked:failed', '0', '5');
  const reasons = await Promise.all(
    ids.map((id) => client.hget(`skywire-inbox:{parked}:parked:${id}`, 'failedReason')),
  );
  return JSON.stringify([...new Set(reasons)]);
}

/** Ends a role at once, and makes sure that it was this that ended it. */
export async function kill9(role: Role): Promise<void> {
  if (role.hasEnded()) throw new Error(`${role.name} had ended before it was killed:\n${role.output()}`);
  role.signal('SIGKILL');
  expect(await role.ended).toBe('SIGKILL');
}
