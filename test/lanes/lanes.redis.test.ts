import { afterAll, beforeAll, expect, test } from 'vitest';
import { laneName, queuePrefix } from '../../src/redis/keys.ts';
import { directRouter } from '../../src/subscriptions/directory.ts';
import { audit } from '../../src/tools/audit.ts';
import { GROUP, openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
const streams = ['one', 'two', 'three'];
beforeAll(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { SKYWIRE_STREAM: streams.join(','), BATCH_SIZE: '20' });
});
afterAll(async () => {
  await pipeline.stop();
  await redis.stop();
});

const SLOTS = 16_384;
/** As Redis Cluster computes it: CRC16 (XMODEM) of what stands in the braces. */
function slotOf(queue: string): number {
  let crc = 0;
  for (const byte of Buffer.from(/\{(.*)\}/.exec(queuePrefix(queue))![1]!)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc % SLOTS;
}

test.each([1, 2, 3, 4, 6, 8, 12, 16])(
  'the queues of %d partitions lie evenly over the slots of a Cluster',
  (count) => {
    const slots = Array.from({ length: count }, (_, nth) => slotOf(laneName(nth))).sort((a, b) => a - b);
    const gaps = slots.map((slot, at) => (slots[at + 1] ?? slots[0]! + SLOTS) - slot);
    expect(Math.max(...gaps)).toBeLessThan((2.1 * SLOTS) / count);
  },
);

test('each partition has a queue and books of its own, and one worker works on all', async () => {
  const client = redis.client();
  for (const [nth, stream] of streams.entries()) {
    for (let n = 0; n < 50; n += 1) {
      await client.xadd(stream, '*', 'data', wire(makeMatch(`sub-${n % 5}`, nth * 100 + n)));
    }
  }
  const pump = pipeline.startPump();
  await expect.poll(() => read(), { timeout: 10_000 }).toEqual([50, 50, 50]);
  expect(await waiting()).toEqual(
    [3, 3, 3].map((least) => expect.toSatisfy((jobs: number) => jobs >= least)),
  );
  pipeline.startWorker();
  await expect.poll(() => delivered(), { timeout: 15_000 }).toBe(150);
  await expect.poll(() => settled(), { timeout: 10_000 }).toEqual([50, 50, 50]);
  await pump.stop();
  for (const stream of streams) {
    const found = await audit({
      home: client,
      skywire: client,
      queues: pipeline.queues,
      router: directRouter,
      directory: undefined,
      stream,
      group: GROUP,
      from: '0',
      to: '+',
      onProgress: () => {},
    });
    expect(found.counts).toMatchObject({ in_inbox: 50, missing: 0 });
  }
});

const lanes = () => pipeline.queues.lanes;
const read = () => Promise.all(lanes().map(async (lane) => (await lane.balance()).read));
const settled = () => Promise.all(lanes().map(async (lane) => (await lane.balance()).settled.delivered));
const waiting = () => Promise.all(lanes().map(({ queue }) => queue.getWaitingCount()));
async function delivered(): Promise<number> {
  const inboxes = await Promise.all(Array.from({ length: 5 }, (_, n) => pipeline.inbox(`sub-${n}`)));
  return inboxes.reduce((sum, items) => sum + items.length, 0);
}
