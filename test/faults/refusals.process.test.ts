/** A Redis that is there and does not do its work: paused, busy, full, loading, a replica. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/free-port.ts';
import type { Role } from '../fixtures/roles.ts';
import { survivesKills, type World } from '../fixtures/world.ts';
import { type Cast, fault } from './fault.ts';

const everyRole = ({ pumps, workers, web }: Cast): Role[] => [...pumps, ...workers, web];
const linesOf = (roles: readonly Role[]): number =>
  roles.reduce((sum, role) => sum + role.output().split('\n').length - 1, 0);

fault('Redis paused 45 s', { rate: 300, recoversWithinMs: 90_000 }, async (world, cast) => {
  const before = await world.delivered();
  const began = performance.now();
  await world.client.call('CLIENT', 'PAUSE', '45000', 'ALL');
  // The answer to this comes when the pause is over.
  await world.client.ping();
  const pausedMs = performance.now() - began;
  expect(pausedMs).toBeGreaterThan(44_000);
  await world.deliveredMoreThan(before + 100, 60_000);
  return `CLIENT PAUSE ALL; ${linesOf(everyRole(cast))} log lines of all roles together`;
});

fault(
  'a Lua script busy for 5 s',
  { rate: 300, redisArgs: [...survivesKills, '--busy-reply-threshold', '200'] },
  async (world) => {
    const other = world.redis.client();
    await other.ping();
    const endless = world.client.eval('while true do end', 0).catch((error: Error) => error.message);
    await eventually(async () => expect(await said(other.ping())).toMatch(/^BUSY/), { withinMs: 5_000 });
    await pause(5_000);
    expect(await said(other.ping())).toMatch(/^BUSY/);
    await other.script('KILL');
    expect(await endless).toMatch(/killed/i);
    return 'an endless script; every command is answered BUSY until it is killed';
  },
);

const said = (reply: Promise<unknown>): Promise<string> =>
  reply.then(String, (error: Error) => error.message);

fault('out of memory, then relief', { rate: 1_000, env: { LOG_LEVEL: 'info' } }, async (world, cast) => {
  const used = Number(/used_memory:(\d+)/.exec(await world.client.info('memory'))![1]);
  await world.client.config('SET', 'maxmemory', String(used + 12_000_000));
  const refused = () =>
    eventually(() => expect(world.journal.count('failed')).toBeGreaterThan(0), { withinMs: 30_000 });
  await refused();
  expect(await said(world.client.set('x', 'y'))).toMatch(/^OOM/);
  const lines = linesOf(everyRole(cast));
  await pause(10_000);
  const more = linesOf(everyRole(cast)) - lines;
  expect(more).toBeLessThan(100);
  expect(cast.pumps[0]!.output()).toContain('the pump is paused: Redis is');
  await world.client.config('SET', 'maxmemory', '0');
  await world.deliveredMoreThan(await world.delivered());
  return `maxmemory reached for 10 s: XADD refused, the pump waits, ${more} log lines of all roles; then lifted`;
});

fault(
  'LOADING for several seconds',
  { rate: 1_000, redisArgs: [...survivesKills, '--key-load-delay', '250'] },
  async (world, { web }) => {
    // Of another program, so that it loads for seconds however early it dies.
    const others = world.client.pipeline();
    for (let n = 0; n < 15_000; n += 1) others.set(`another-program:${n}`, '');
    await others.exec();
    await world.redis.kill9();
    const began = performance.now();
    const back = world.redis.restart();
    const observer = world.redis.client({ enableReadyCheck: false });
    await eventually(async () => expect(await said(observer.ping())).toMatch(/^LOADING/), {
      withinMs: 20_000,
    });
    await eventually(async () => expect(await readiness(web)).toMatch(/^503/), { withinMs: 20_000 });
    await back;
    const loadedMs = performance.now() - began;
    await eventually(async () => expect(await readiness(web)).toBe('200 ok'), { withinMs: 20_000 });
    return `kill -9, then ${(loadedMs / 1_000).toFixed(1)} s of loading its append-only file; /readyz 503, then 200`;
  },
);

fault('READONLY for 20 s', { rate: 500 }, async (world, cast) => {
  await world.client.replicaof('127.0.0.1', await freePort());
  expect(await said(world.client.set('x', 'y'))).toMatch(/^READONLY/);
  await eventually(async () => expect(await readiness(cast.web)).toMatch(/^503 is a replica/), {
    withinMs: 10_000,
  });
  const lines = linesOf(everyRole(cast));
  await pause(20_000);
  const more = linesOf(everyRole(cast)) - lines;
  expect(more).toBeLessThan(200);
  await world.client.call('REPLICAOF', 'NO', 'ONE');
  await eventually(async () => expect(await readiness(cast.web)).toBe('200 ok'), { withinMs: 10_000 });
  await goesOn(world);
  return `made a replica of nobody, and a master again; /readyz 503 meanwhile, ${more} log lines of all roles`;
});

async function readiness({ url }: Role): Promise<string> {
  const response = await fetch(`${url}/readyz`);
  const { checks } = (await response.json()) as { checks: { redis: string } };
  return `${response.status} ${checks.redis}`;
}

const goesOn = async (world: World): Promise<void> =>
  world.deliveredMoreThan((await world.delivered()) + 100, 30_000);
