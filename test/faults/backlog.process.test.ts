/** A million matches that nobody delivers: they wait in the stream, and nothing of ours grows with them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { jobsOf } from '../fixtures/progress.ts';
import { directTraffic } from '../fixtures/traffic.ts';
import { fault, kill9 } from './fault.ts';

const MATCHES = 1_000_000;
const MOST_WAITING = 100;
const PIECE = 50_000;

const residentMb = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024);

fault(
  'a million waiting',
  {
    rate: 0,
    traffic: directTraffic(1_000),
    env: { BATCH_SIZE: '200', MAX_WAITING_JOBS: String(MOST_WAITING), INBOX_MAX_ITEMS: '0' },
    recoversWithinMs: 900_000,
    timeoutMs: 1_800_000,
  },
  async (world, { pumps: [pump], workers }) => {
    for (const worker of workers) await kill9(worker);
    let [mostMb, mostWaiting] = [0, 0];
    const look = async () => {
      mostMb = Math.max(mostMb, residentMb(pump!.pid));
      mostWaiting = Math.max(mostWaiting, (await jobsOf(world.client, 'matches')).wait);
    };
    for (let sent = 0; sent < MATCHES; sent += PIECE) {
      for (let part = 0; part < PIECE; part += 5_000) {
        await world.producer.send(5_000);
        await look();
      }
    }
    expect(mostWaiting).toBeGreaterThan(0);
    expect(mostWaiting).toBeLessThanOrEqual(MOST_WAITING);
    const before = Number(/used_memory:(\d+)/.exec(await world.client.info('memory'))![1]);
    for (let at = 0; at < 3; at += 1) await world.start('worker');
    for (let done = 0; done < MATCHES; done = await world.delivered()) {
      await world.deliveredMoreThan(Math.min(done + 20_000, MATCHES - 1), 300_000);
      await look();
    }
    expect(mostMb).toBeLessThan(150);
    expect(mostWaiting).toBeLessThanOrEqual(MOST_WAITING);
    const after = Number(/used_memory:(\d+)/.exec(await world.client.info('memory'))![1]);
    const perItem = Math.round((after - before) / MATCHES);
    return `${MATCHES} in the stream, no worker, then three: at most ${mostWaiting} jobs wait, the pump has at most ${mostMb} MB, Redis grows by ${perItem} bytes an item`;
  },
);
