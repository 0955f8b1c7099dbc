/** Part of `npm test`: a network that loses replies, and a Redis that dies. */
import { expect } from 'vitest';
import { eventually } from '../../fixtures/eventually.ts';
import { fault } from '../fault.ts';

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

fault('Redis killed and restarted', { workers: 1, rate: 1_000 }, async (world, _, moments) => {
  for (let times = 0; times < 3; times += 1) {
    if (times) await moments.wait(2_000);
    const { pid } = world.redis;
    await world.redis.kill9();
    await world.redis.restart();
    expect(world.redis.pid).not.toBe(pid);
  }
  return '3 times kill -9 under load and a restart with its append-only file (appendfsync no)';
});
