/**
 * One row of the fault table: a world under load, a fault, and the oracle's judgement. `inject` makes the fault happen, proves
 * that it did, and returns when it is over, with what happened in a few words.
 */
import { expect, onTestFinished, test } from 'vitest';
import { flawless, type JudgeOptions } from '../fixtures/judge.ts';
import type { Role } from '../fixtures/roles.ts';
import { openWorld, type Site, type World, type WorldOptions } from '../fixtures/world.ts';

export interface FaultRow {
  fault: string;
  happened: string;
  matches?: number;
  lost?: number;
  duplicated?: number;
  recoveryMs?: number;
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: FaultRow;
  }
}

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
  inject: (world: World, cast: Cast) => Promise<string>,
): void {
  const { pumps = 1, workers = 2, rate = 500, recoversWithinMs = 60_000, timeoutMs = 180_000 } = options;
  test(
    name,
    async ({ task }) => {
      const { site, ...rest } = options;
      const world = await openWorld({
        ...rest,
        ...(site && { site: await site() }),
        env: { LOG_LEVEL: 'warn', BATCH_SIZE: '50', ...options.env },
      });
      onTestFinished(() => world.stop(), 60_000);
      const start = (role: string, count: number) =>
        Promise.all(Array.from({ length: count }, () => world.start(role)));
      const [pumpRoles, workerRoles, [web]] = await Promise.all([
        start('pump', pumps),
        start('worker', workers),
        start('web', 1),
      ]);
      if (rate) world.producer.run(rate);
      const cast: Cast = { pumps: pumpRoles, workers: workerRoles, web: web! };
      const happened = await inject(world, cast);
      const overAt = performance.now();
      await world.producer.stop();
      await world.quiet(recoversWithinMs);
      const recoveryMs = Math.round(performance.now() - overAt);
      const found = await world.judge({ webUrl: cast.web.url, ...(await options.judge?.(world)) });
      task.meta.fault = {
        fault: name,
        happened,
        matches: found.ok,
        lost: found.lost,
        duplicated: found.duplicated,
        recoveryMs,
      };
      expect(found.ok, 'matches that Redis confirmed').toBeGreaterThan(0);
      expect(found).toMatchObject(flawless);
      for (const queue of ['matches', 'fanout'])
        expect(await world.failed(queue), `jobs failed in ${queue}`).toBe(0);
      expect(await world.failed('parked'), `matches parked: ${await whyParked(world)}`).toBe(
        options.parked ?? 0,
      );
    },
    timeoutMs,
  );
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
