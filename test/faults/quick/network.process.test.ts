/** Part of `npm test`: a Redis that dies. */
import { expect } from 'vitest';
import { fault } from '../fault.ts';

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
