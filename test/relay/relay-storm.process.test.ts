/**
 * Matches through a relay while its connection is cut and relay and pumps are killed again and again. `npm run test:relay` runs it
 * in full: 100,000 matches, 200 cuts, 20 kills each; here in small.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/relay/server/tokens.ts';
import { freePort } from '../fixtures/free-port.ts';
import { isFull } from '../fixtures/full-size.ts';
import { nothingWrong, Oracle } from '../fixtures/oracle.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

const MATCHES = isFull ? 100_000 : 2_000;
const CUTS = isFull ? 200 : 8;
const KILLS = isFull ? 20 : 1;
const SUBSCRIPTIONS = 25;
const TOKEN = 'swr_storm';

let redis: TestRedis;
let observer: Pipeline;
let proxy: TcpProxy;
let folder: string;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis, { INBOX_MAX_ITEMS: '0' });
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-storm-'));
});
afterEach(async () => {
  await endRoles();
  await proxy.stop();
  await observer.stop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Matches that a pump has put into the queue, by its own counter. */
async function moved(pump: Role): Promise<number> {
  const text = await (await fetch(`${pump.url}/metrics`)).text();
  return Number(/^skywire_inbox_entries_read_total (\d+)/m.exec(text)?.[1] ?? 0);
}

test(
  `${MATCHES} matches through a relay: ${CUTS} cuts, relay and pumps killed ${KILLS} times each, 0 lost, 0 twice, two pumps share the work`,
  async () => {
    const oracle = new Oracle();
    const everything = Array.from({ length: MATCHES }, (_, n) =>
      makeMatch(`sub-${n % SUBSCRIPTIONS}`, n, { emptyRkey: true }),
    );
    for (const match of everything) oracle.expect(match.subscription_id, match);
    const tokens = join(folder, 'tokens');
    writeFileSync(tokens, `storm ${digestOf(TOKEN)} connections=50\n`);
    const relayPort = await freePort();
    proxy = await startProxy(relayPort);
    const home = {
      REDIS_URL: redis.url,
      BATCH_SIZE: '25',
      MAX_WAITING_JOBS: '1000',
      LOG_LEVEL: 'warn',
      INBOX_MAX_ITEMS: '0',
    };
    const startRelay = async () =>
      (
        await startRole('relay', {
          SKYWIRE_REDIS_URL: redis.url,
          RELAY_PORT: String(relayPort),
          RELAY_TOKENS_FILE: tokens,
          LOG_LEVEL: 'warn',
        })
      ).ready();
    const startPump = () =>
      startRole('pump', {
        ...home,
        SKYWIRE_RELAY_URL: `ws://127.0.0.1:${proxy.port}`,
        SKYWIRE_RELAY_TOKEN: TOKEN,
      });

    let relay = await startRelay();
    const pumps = await Promise.all([startPump(), startPump()]);
    await Promise.all([
      ...pumps.map((pump) => pump.ready()),
      startRole('worker', home).then((worker) => worker.ready()),
    ]);

    // The producer is slow enough for the storm to rage all along, and goes on until every fault has fired.
    const faults = [
      ...Array.from({ length: CUTS }, () => 'cut' as const),
      ...Array.from({ length: KILLS }, () => 'relay' as const),
      ...Array.from({ length: KILLS }, (_, n) => (n % 2 ? ('pump-0' as const) : ('pump-1' as const))),
    ]
      .map((fault, at) => ({ fault, at: (at * 7_919) % 10_007 }))
      .sort((a, b) => a.at - b.at);
    const fired = { cut: 0, relay: 0, pump: 0 };
    const step = Math.ceil(MATCHES / faults.length);
    for (const [at, { fault }] of faults.entries()) {
      await observer.append(everything.slice(at * step, (at + 1) * step).map(wire));
      if (fault === 'cut') {
        await vi.waitFor(
          () => {
            for (const pump of pumps) if (pump.hasEnded()) throw new Error(pump.output());
            expect(proxy.connections()).toBeGreaterThan(0);
          },
          {
            timeout: 30_000,
            interval: 5,
          },
        );
        proxy.cut();
        fired.cut += 1;
      } else {
        const victim = fault === 'relay' ? relay : pumps[fault === 'pump-0' ? 0 : 1];
        victim.signal('SIGKILL');
        expect(await victim.ended).toBe('SIGKILL');
        if (fault === 'relay') relay = await startRelay();
        else pumps[fault === 'pump-0' ? 0 : 1] = await startPump();
        fired[fault === 'relay' ? 'relay' : 'pump'] += 1;
      }
    }
    expect(fired).toEqual({ cut: CUTS, relay: KILLS, pump: KILLS });
    await observer.quiet(isFull ? 240_000 : 60_000);

    // Fairness is measured in calm: what the storm did to a pump's share says nothing.
    await Promise.all(pumps.map((pump) => pump.ready()));
    const before = await Promise.all(pumps.map(moved));
    const calm = Array.from({ length: 4_000 }, (_, n) =>
      makeMatch(`sub-${n % SUBSCRIPTIONS}`, MATCHES + n, { emptyRkey: true }),
    );
    for (const match of calm) oracle.expect(match.subscription_id, match);
    await observer.append(calm.map(wire));
    await observer.quiet(60_000);
    const after = await Promise.all(pumps.map(moved));
    const shares = after.map((count, at) => (count - before[at]!) / calm.length);

    const findings = await oracle.compare(redis.client());
    if (isFull) console.log(JSON.stringify({ fired, findings, shares }));
    expect(findings).toMatchObject({ expected: MATCHES + calm.length, ...nothingWrong });
    expect(await observer.queues.lanes[0]!.queue.getFailedCount()).toBe(0);
    for (const share of shares) expect(share).toBeGreaterThan(0.2);
    for (const role of [...pumps, relay]) role.signal('SIGTERM');
    expect(await Promise.all([...pumps, relay].map((role) => role.ended))).toEqual([0, 0, 0]);
  },
  isFull ? 1_200_000 : 120_000,
);
