/**
 * Matches of 3.9 MB among small ones, 585 MB in all: what reads the stream stays far below the 512 MB of its systemd unit, from the
 * first read on.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openQueues, type Queues } from '../../src/lanes/queues.ts';
import { cursorKey, cursorServersKey } from '../../src/redis/keys.ts';
import { digestOf } from '../../src/relay/server/tokens.ts';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/free-port.ts';
import { GROUP, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';

const LARGE = 150;
const SMALL = 1_200;
const MOST_MB = 400;

let redis: TestRedis;
let queues: Queues;
let folder: string;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  queues = openQueues(redis.client({ maxRetriesPerRequest: null }), 8);
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-large-'));
  const client = redis.client();
  const large = wire(makeMatch('s', 1, { post: { text: 'x'.repeat(3_900_000) } }));
  // First as many small ones as it takes for a read to be at its largest; then the large ones, one behind the other.
  await addSmall(600);
  for (let n = 0; n < LARGE; n += 1) await client.xadd(STREAM, '*', 'data', large);
  await addSmall(600);
});
afterEach(async () => {
  await endRoles();
  await redis.client().xgroup('DESTROY', STREAM, GROUP);
  await redis.client().del(cursorKey(STREAM, GROUP), cursorServersKey(STREAM, GROUP));
  for (const { queue } of queues.all) await queue.obliterate({ force: true });
});
afterAll(async () => {
  await queues.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function addSmall(count: number): Promise<void> {
  const pipeline = redis.client().pipeline();
  for (let n = 0; n < count; n += 1) pipeline.xadd(STREAM, '*', 'data', wire(makeMatch('s', n)));
  await pipeline.exec();
}

/** Its largest size so far; of one that has ended, when last seen. */
function watchPeak({ pid }: Role): () => number {
  let peakMb = 0;
  const look = () => {
    try {
      peakMb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, 20);
  return () => {
    look();
    return Math.round(peakMb);
  };
}

const said = (role: Role): string => `${role.name}:\n${role.output().slice(-3_000)}`;

/** Takes the jobs out of the queue, as workers would; how many entries came. */
async function takeAll(count: number, ...among: Role[]): Promise<number> {
  const { queue } = queues.lanes[0]!;
  const seen = new Set<string>();
  await eventually(
    async () => {
      for (const job of await queue.getWaiting(0, 100)) {
        for (const id of (job.data as { ids: string[] }).ids) seen.add(id);
        await job.remove();
      }
      if (seen.size < count && !among.some((role) => role.hasEnded()))
        throw new Error([`${seen.size} of ${count} entries`, ...among.map(said)].join('\n'));
    },
    { withinMs: 100_000, everyMs: 20 },
  );
  return seen.size;
}

test('a pump', async () => {
  const pump = await startRole('pump', { REDIS_URL: redis.url });
  const peak = watchPeak(pump);
  const taken = await takeAll(LARGE + SMALL, pump);
  console.log(`pump: ${peak()} MB`);
  expect(taken, pump.output()).toBe(LARGE + SMALL);
  expect(peak()).toBeLessThan(MOST_MB);
}, 120_000);

test('a relay and its pump', async () => {
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, `one ${digestOf('swr_one')}\n`);
  const port = String(await freePort());
  const relay = await startRole('relay', {
    SKYWIRE_REDIS_URL: redis.url,
    RELAY_PORT: port,
    RELAY_TOKENS_FILE: tokens,
  });
  await relay.ready();
  const pump = await startRole('pump', {
    REDIS_URL: redis.url,
    SKYWIRE_RELAY_URL: `ws://127.0.0.1:${port}`,
    SKYWIRE_RELAY_TOKEN: 'swr_one',
  });
  const peaks = [watchPeak(relay), watchPeak(pump)];
  const taken = await takeAll(LARGE + SMALL, relay, pump);
  console.log(`relay and pump: ${peaks.map((peak) => peak()).join(', ')} MB`);
  expect(taken, pump.output()).toBe(LARGE + SMALL);
  for (const peak of peaks) expect(peak()).toBeLessThan(MOST_MB);
}, 120_000);

test('a pump that takes over what a crashed one had read', async () => {
  const client = redis.client();
  await client.xgroup('CREATE', STREAM, GROUP, '0');
  for (let page: unknown = []; page !== null; )
    page = await client.xreadgroup('GROUP', GROUP, 'crashed', 'COUNT', 20, 'STREAMS', STREAM, '>');
  const pump = await startRole('pump', { REDIS_URL: redis.url });
  const peak = watchPeak(pump);
  const taken = await takeAll(LARGE + SMALL, pump);
  console.log(`taking over: ${peak()} MB`);
  expect(taken, pump.output()).toBe(LARGE + SMALL);
  expect(peak()).toBeLessThan(MOST_MB);
}, 120_000);

test.each(['audit', 'replay', 'doctor'])(
  'npm run %s',
  async (command) => {
    await redis.client().xgroup('CREATE', STREAM, GROUP, '0');
    const args = command === 'replay' ? ['--from', '0'] : command === 'audit' ? ['--json'] : [];
    const role = await startRole(command, { REDIS_URL: redis.url }, args);
    const peak = watchPeak(role);
    if (command === 'replay') expect(await takeAll(LARGE + SMALL, role)).toBe(LARGE + SMALL);
    await role.ended;
    console.log(`${command}: ${peak()} MB`);
    expect(peak()).toBeLessThan(MOST_MB);
    if (command === 'audit') expect(role.output()).toContain(`"entries":${LARGE + SMALL}`);
    if (command === 'doctor') expect(role.output()).toContain(`${LARGE + SMALL} unread`);
  },
  120_000,
);
