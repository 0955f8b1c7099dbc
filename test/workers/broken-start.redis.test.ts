import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

let redis: TestRedis;
let proxy: TcpProxy;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
  proxy = await startProxy(redis.port);
  pipeline = await openPipeline({ ...redis, pid: redis.pid, url: proxy.url });
});
afterEach(async () => {
  await pipeline.stop();
  await proxy.stop();
  await redis.stop();
});

// BullMQ sets up each queue and worker once; a failure just then used to leave it without work until the process was restarted.
test('pump and worker whose first connections to Redis break work as soon as Redis can be reached', async () => {
  const pump = pipeline.startPump();
  const worker = pipeline.startWorker();
  for (const until = performance.now() + 3_000; performance.now() < until; ) {
    proxy.cut();
    await sleep(5);
  }
  // The second one comes to a worker that waits.
  for (const count of [1, 2]) {
    await pipeline.append([wire(makeMatch('ada', count))]);
    await expect.poll(() => pipeline.inbox('ada'), { timeout: 30_000 }).toHaveLength(count);
  }
  await Promise.all([pump.stop(), worker.stop()]);
}, 90_000);
