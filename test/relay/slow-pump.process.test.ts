/** A pump ten times too slow for its relay: neither may grow. `npm run test:relay` runs it; a minute is too long for `npm test`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../src/relay/server/tokens.ts';
import { freePort } from '../fixtures/free-port.ts';
import { isFull } from '../fixtures/full-size.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';

const SECONDS = 60;
const PER_SECOND = 1_000;

let redis: TestRedis;
let observer: Pipeline;
let folder: string;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis);
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-slow-'));
});
afterEach(async () => {
  await endRoles();
  await observer.stop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

const residentMb = ({ pid }: Role): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;

test.skipIf(!isFull)(
  `${PER_SECOND} matches a second and a pump that takes a tenth of it: relay and pump stay as large as they are`,
  async () => {
    const tokens = join(folder, 'tokens');
    writeFileSync(tokens, `slow ${digestOf('swr_slow')}\n`);
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
      SKYWIRE_RELAY_TOKEN: 'swr_slow',
      BATCH_SIZE: '50',
      MAX_WAITING_JOBS: '1',
    });
    await pump.ready();
    const matches = observer.queues.lanes[0]!.queue;
    let taken = 0;
    const sizes: { second: number; relay: number; pump: number }[] = [];
    for (let second = 1; second <= SECONDS; second += 1) {
      const began = performance.now();
      await observer.append(
        Array.from({ length: PER_SECOND }, (_, n) => wire(makeMatch('s', second * PER_SECOND + n))),
      );
      // The work that makes the pump slow: two batches of fifty a second.
      for (let half = 0; half < 2; half += 1) {
        for (const job of await matches.getWaiting()) {
          await job.remove();
          taken += 50;
        }
        await pause(Math.max(0, 500 * (half + 1) - (performance.now() - began)));
      }
      if (second % 15 === 0) sizes.push({ second, relay: residentMb(relay), pump: residentMb(pump) });
    }
    console.log(JSON.stringify({ appended: SECONDS * PER_SECOND, taken, sizes }));
    expect(taken).toBeLessThan((SECONDS * PER_SECOND) / 8);
    expect(taken).toBeGreaterThan(0);
    const [early, late] = [sizes[0]!, sizes.at(-1)!];
    for (const role of ['relay', 'pump'] as const) expect(late[role] - early[role]).toBeLessThan(20);
  },
  180_000,
);
