/** The embedded server has no `maxmemory` but the one that the product gives it, and less memory than there is to deliver. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shareOf } from '../../src/own-server/memory.ts';
import { type Confinement, confineByAddressSpace, confineByCgroup } from '../fixtures/confined.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isFull } from '../fixtures/full-size.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, runCommand, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const MATCHES = 2_000;
const INBOXES = 20;
const TEXT_BYTES = 100_000;

let dataDir: string;
let skywire: TestRedis | undefined;
let confinement: Confinement | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'skywire-inbox-memory-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const role of roles.splice(0)) await end(role);
  await endRoles();
  await skywire?.stop();
  await confinement?.remove();
  [skywire, confinement] = [undefined, undefined];
  rmSync(dataDir, { recursive: true, force: true });
});

const clients: Redis[] = [];
function ownServer(): Redis {
  clients[0] ??= new Redis({ path: join(dataDir, 'redis', 'redis.sock') }).on('error', () => undefined);
  return clients[0];
}

const roles: Role[] = [];
async function end(role: Role): Promise<void> {
  role.signal('SIGTERM');
  await role.ended;
}
const settings = () => ({
  DATA_DIR: dataDir,
  SKYWIRE_REDIS_URL: skywire!.url,
  PATH: confinement!.path,
  BATCH_SIZE: '10',
  MAX_WAITING_JOBS: '4',
});
async function start(): Promise<Role> {
  const role = await startRole('start', settings());
  roles.push(role);
  return role.ready();
}
async function fillStream(): Promise<void> {
  const client = skywire!.client();
  const text = 'x'.repeat(TEXT_BYTES);
  for (let n = 0; n < MATCHES; n += 1)
    await client.xadd(
      'skywire:matches',
      '*',
      'data',
      wire(makeMatch(`sub-${n % INBOXES}`, n, { post: { text } })),
    );
}
const findings = async ({ url }: Role): Promise<string> =>
  JSON.stringify(await (await fetch(`${url}/operator/figures`)).json());

test.runIf(isFull)(
  'the pump stops before an embedded server in a cgroup is full, says so, and goes on with more, nothing lost',
  {
    timeout: 240_000,
  },
  async () => {
    confinement = (await confineByCgroup(192 * MB)) ?? (await confineByAddressSpace(192 * MB));
    skywire = await startRedis();
    await fillStream();
    const first = await start();
    // It may go on a few times, as jobs that end free some memory.
    await eventually(() => mustHaveStoppedInTime(first), { withinMs: 60_000 });
    expect(first.output()).not.toMatch(/OOM|ended unexpectedly/);
    expect(await items()).toBeLessThan(MATCHES);
    await end(first);

    await confinement.raise(1_000 * MB);
    const second = await start();
    await eventually(async () => expect(await items()).toBe(MATCHES), { withinMs: 90_000, everyMs: 500 });
    const { code, output } = await runCommand('audit', settings());
    expect(output).toContain(`${MATCHES} in inbox`);
    expect(code).toBe(0);
    expect(await items()).toBe(MATCHES);
    expect(second.output()).not.toMatch(/the pump is paused: Redis/);
  },
);

test.runIf(isFull)(
  'data that needs more than its share is loaded, and can be written',
  { timeout: 120_000 },
  async () => {
    confinement = await confineByAddressSpace(384 * MB);
    skywire = await startRedis();
    const first = await start();
    const own = ownServer();
    // As before there was any limit; one that is set is left alone until the server ends.
    await own.config('SET', 'maxmemory', String(10 * GB));
    // What waits for the disk takes memory, too: with a slow one the server would end.
    await own.config('SET', 'appendfsync', 'always');
    for (let n = 0; n < 225; n += 1) await own.set(`old:${n}`, Buffer.alloc(MB, n));
    await end(first);
    const second = await start();
    await own.set('new', 'value');
    expect((await own.getBuffer('old:224'))!.length).toBe(MB);
    const limit = Number((await own.config('GET', 'maxmemory'))[1]);
    expect(limit).toBeGreaterThan(270 * MB);
    expect(limit).toBeLessThanOrEqual(384 * MB);
    await own.config('SET', 'maxmemory', String(600 * MB));
    const third = await start();
    expect(await own.config('GET', 'maxmemory')).toEqual(['maxmemory', String(600 * MB)]);
    expect(third.output() + second.output()).not.toContain('Could not set the maxmemory');
  },
);

test.each([
  ['a small machine', 0.5, 0, 0.25],
  ['a machine', 2, 0, 1],
  ['a larger machine', 4, 0, 3],
  ['a large machine', 64, 0, 48],
  ['a machine whose data needs more', 64, 44, 55],
  ['a machine that is nearly full', 64, 60, 64],
  ['a machine that is full', 60, 60, 63],
])('%s, of %d GB, with %d GB of data: Redis may use %d GB', (_, machine, used, share) => {
  expect(shareOf(machine * GB, used * GB)).toBe(share * GB);
});

async function mustHaveStoppedInTime(role: Role): Promise<void> {
  const lines = role.output().split('\n');
  if (!lines.some((line) => /the pump is paused: Redis is \d+ % full/.test(line)))
    throw new Error(lines.filter((line) => !/MAX_WAITING_JOBS|has resumed/.test(line)).join('\n'));
  const samples = await scrape(role.url);
  expect(samples.get('pump_braked')).toBe(1);
  const used = samples.get('redis_memory_used_bytes{server="home"}')!;
  const limit = samples.get('redis_memory_limit_bytes{server="home"}')!;
  expect(limit).toBeLessThan(192 * MB);
  expect(used).toBeGreaterThan(0.8 * limit);
  expect(used).toBeLessThan(limit);
  expect(await findings(role)).toMatch(/Redis is \d+ % full/);
}

/** In all inboxes together. */
async function items(): Promise<number> {
  const own = ownServer();
  const counts = await Promise.all(Array.from({ length: INBOXES }, (_, n) => own.xlen(`inbox:{sub-${n}}`)));
  return counts.reduce((sum, count) => sum + count, 0);
}
