/** Real roles whose standard output nobody reads: a full pipe, and a terminal after Ctrl-S. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';
import { type StandingPipe, standingPipe } from '../fixtures/standing-pipe.ts';

let redis: TestRedis;
let observer: Pipeline;
let pipe: StandingPipe;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis);
  pipe = standingPipe();
});
afterEach(async () => {
  await endRoles();
  await observer.stop();
  await redis.stop();
  pipe.close();
});

const BAD = 2_500;
const GOOD = 100;
async function appendBadThenGood(): Promise<void> {
  const good = Array.from({ length: GOOD }, (_, n) => wire(makeMatch('cats', n)));
  await observer.append([...Array<string>(BAD).fill('no JSON'), ...good]);
}
async function delivered(role: Role): Promise<void> {
  await eventually(
    async () => {
      if (role.hasEnded()) throw new Error(`it ended: ${pipe.read().slice(-500)}`);
      expect((await observer.inbox('cats')).length).toBe(GOOD);
    },
    { withinMs: 60_000 },
  );
}

test('a full pipe stops neither delivery nor health nor the end; what is dropped is counted and said', async () => {
  await appendBadThenGood();
  const role = await startRole('start', { REDIS_URL: redis.url }, [], undefined, pipe);
  await delivered(role);
  const { status } = await fetch(`${role.url}/healthz`);
  expect(status).toBe(200);
  await eventually(
    async () => expect((await scrape(role.url)).get('log_lines_dropped_total')).toBeGreaterThan(0),
    { withinMs: 30_000 },
  );

  let read = '';
  await vi.waitFor(() => {
    read += pipe.read();
    expect(read).toMatch(/"dropped":\d+,"msg":"log lines were dropped here/);
  }, 10_000);
  pipe.fill();
  role.signal('SIGTERM');
  expect(await role.ended).toBe(0);
}, 120_000);

test('what a process dies of comes out of a pipe that was full', async () => {
  pipe.fill();
  const role = await startRole('web', { REDIS_URL: 'nonsense' }, [], undefined, pipe);
  // It has opened the pipe for its last words, which do not fit.
  await eventually(
    () => expect(filesOf(role.pid).filter((path) => /pipe-.*\/pipe$/.test(path)).length).toBeGreaterThan(2),
    {
      withinMs: 20_000,
      everyMs: 5,
    },
  );
  let read = pipe.read();
  expect(await role.ended).toBe(2);
  read += pipe.read();
  expect(read).toContain('REDIS_URL');
}, 60_000);

const noScript = spawnSync('script', ['--version']).error !== undefined;
test.skipIf(noScript)(
  'a terminal that stands still stops nothing either (skipped where `script` is absent)',
  async () => {
    await appendBadThenGood();
    // `script` gives it a terminal, and reads that no more once it cannot write.
    const role = await startRole('start', { REDIS_URL: redis.url }, [], undefined, {
      fd: pipe.fd,
      under: (command) => ['script', '-qfec', command, '/dev/null'],
    });
    await delivered(role);
    expect((await fetch(`${role.url}/healthz`)).status).toBe(200);
  },
  120_000,
);

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}
