import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchForDeafness } from '../../src/workers/deaf-watch.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

function watch(about: { isBusy?: boolean; lastSignOfLife?: () => number } = {}) {
  const said: string[] = [];
  const watching = watchForDeafness({
    queue: pipeline.queues.lanes[0]!.queue,
    lastSignOfLife: about.lastSignOfLife ?? (() => 0),
    isBusy: () => about.isBusy ?? false,
    onDeaf: (message) => said.push(message),
    lookEveryMs: 20,
    deafAfterMs: 200,
  });
  return { said, stop: watching.stop };
}
const addJob = () => pipeline.queues.lanes[0]!.add([{ stream: STREAM, entries: [{ id: '1-0', data: 'x' }] }]);

test('jobs wait and none is started here: it says so, once', async () => {
  await addJob();
  const { said, stop } = watch();
  await vi.waitFor(() => expect(said).toHaveLength(1), 10_000);
  expect(said[0]).toMatch(/^this worker is deaf: 1 jobs wait in matches, .* ends itself/);
  stop();
});

test('a queue that is empty or paused, a busy worker and one that has just worked are not deaf', async () => {
  const idle = watch();
  const matches = pipeline.queues.lanes[0]!.queue;
  await matches.pause();
  await addJob();
  const [paused, busy, lively] = [
    watch(),
    watch({ isBusy: true }),
    watch({ lastSignOfLife: () => performance.now() }),
  ];
  const deaf = { said: [] as string[] };
  // The others have had as long as this one takes.
  await matches.resume();
  paused.stop();
  idle.stop();
  const control = watch();
  await vi.waitFor(() => expect(control.said).toHaveLength(1), 10_000);
  for (const one of [idle, paused, busy, lively, deaf]) expect(one.said).toEqual([]);
  for (const one of [busy, lively, control]) one.stop();
});
