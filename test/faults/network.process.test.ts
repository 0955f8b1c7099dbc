/** Networks that say nothing, or little. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { fault } from './fault.ts';

fault('silent partition of 30 s', { proxied: true, rate: 300, recoversWithinMs: 90_000 }, async (world) => {
  const proxy = world.proxy!;
  const before = proxy.lostBytes();
  proxy.set({ loseReplies: true, loseRequests: true });
  await pause(30_000);
  expect(proxy.lostBytes()).toBeGreaterThan(before);
  proxy.set({});
  const healedAt = performance.now();
  await world.deliveredMoreThan((await world.delivered()) + 500, 90_000);
  const seconds = ((performance.now() - healedAt) / 1_000).toFixed(1);
  return `nothing goes through, nobody is told, the old connections stay silent for ever; deliveries go on ${seconds} s after it is healed`;
});

fault('slow network', { proxied: true, rate: 200, recoversWithinMs: 120_000 }, async (world) => {
  const proxy = world.proxy!;
  proxy.set({ delayMs: 100, splitAt: 700 });
  await pause(15_000);
  expect(proxy.disturbed()).toBeGreaterThan(100);
  await world.producer.stop();
  await world.quiet(120_000);
  return `15 s of 100 ms each way and packets of at most 700 bytes; ${proxy.disturbed()} of them`;
});

fault(
  'replies lost, then the connections broken',
  { workers: 1, rate: 1_000, proxied: true },
  async (world, _, moments) => {
    const proxy = world.proxy!;
    for (let times = 0; times < 5; times += 1) {
      if (times) await moments.wait(2_000);
      const before = proxy.lostBytes();
      proxy.set({ loseReplies: true });
      await eventually(() => expect(proxy.lostBytes()).toBeGreaterThan(before), {
        withinMs: 10_000,
        everyMs: 5,
      });
      proxy.set({});
      proxy.cut();
    }
    return `5 times: Redis did what it was asked, ${proxy.lostBytes()} bytes of its answers vanished, then a reset`;
  },
);
