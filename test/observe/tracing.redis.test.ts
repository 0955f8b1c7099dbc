/** Processes with and without tracing beside each other, as while it is switched on, and beside those of the version before. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/observe/logger.ts';
import { startTracing } from '../../src/observe/start-tracing.ts';
import type { Tracing } from '../../src/observe/tracing.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../fixtures/otlp-receiver.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let receiver: OtlpReceiver;
let pipeline: Pipeline;
let tracing: Tracing;
beforeAll(async () => {
  redis = await startRedis();
  receiver = await startOtlpReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  tracing = await startTracing('test', '1', createLogger('silent', 'test', false));
  pipeline = await openPipeline(redis, { DELIVERY_ATTEMPTS: '2' });
});
afterAll(async () => {
  await pipeline.stop();
  await tracing.stop();
  vi.unstubAllEnvs();
  await receiver.stop();
  await redis.stop();
});

const start = (role: 'startPump' | 'startWorker', as?: Tracing) => {
  pipeline.context.tracing = as;
  return pipeline[role]();
};
const append = (inbox: string, n: number) => pipeline.append([wire(makeMatch(inbox, n))]);
const waiting = () =>
  vi.waitFor(async () => {
    const [job] = await pipeline.queues.lanes[0]!.queue.getWaiting(0, 0);
    if (!job) throw new Error('no job waits');
    return job;
  }, 10_000);
const named = (name: string) => receiver.spans().filter((span) => span.name === name);

test('workers without tracing run jobs with a trace context, and the other way round', async () => {
  const pump = start('startPump', tracing);
  await append('ann', 1);
  const { opts } = await waiting();
  expect(opts.telemetry?.metadata).toMatch(/^\{"traceparent":"00-[\da-f]{32}-[\da-f]{16}-01"\}$/);
  const plainWorker = start('startWorker');
  await pipeline.quiet();
  await plainWorker.stop();
  expect(await pipeline.inbox('ann')).toHaveLength(1);
  expect(named('process matches')).toEqual([]);

  // Damaged, or another program's.
  await append('ann', 2);
  const { queue } = pipeline.queues.lanes[0]!;
  const key = queue.toKey((await waiting()).id!);
  const client = redis.client();
  const raw = JSON.parse((await client.hget(key, 'opts'))!) as object;
  await client.hset(key, 'opts', JSON.stringify({ ...raw, tm: '{"traceparent' }));
  await pump.stop();
  const plainPump = start('startPump');
  await append('ann', 3);
  const worker = start('startWorker', tracing);
  await pipeline.quiet();
  expect(await pipeline.inbox('ann')).toHaveLength(3);
  await vi.waitFor(
    () => expect(named('process matches').map(({ parentId }) => parentId)).toEqual(['', '']),
    5_000,
  );
  await plainPump.stop();
  await worker.stop();
});

test('a match that is parked goes on in the trace of its batch, also when it is retried by hand', async () => {
  start('startPump', tracing);
  start('startWorker', tracing);
  await redis.client().set('inbox:{taken}', 'of another type');
  await append('taken', 4);
  const runs = (count: number) =>
    vi.waitFor(() => expect(named('process parked')).toHaveLength(count), 10_000);
  await runs(1);
  // By hand, as the dashboard does it.
  const [job] = await pipeline.queues.parked.queue.getFailed(0, 0);
  await job!.retry('failed');
  await runs(2);
  const [first, second] = named('process parked');
  const add = named('add parked')[0]!;
  const batch = receiver.spans().find(({ spanId }) => spanId === add.parentId)!;
  expect(batch.name).toBe('process matches');
  expect([first, second].map((span) => [span!.traceId, span!.parentId])).toEqual([
    [batch.traceId, add.spanId],
    [batch.traceId, add.spanId],
  ]);
  expect([first, second].map((span) => span!.attributes['skywire_inbox.attempt'])).toEqual([1, 2]);
  expect(first!.attributes['skywire_inbox.outcome']).toBe('failed');
  for (const span of receiver.spans())
    expect(span.name).toMatch(/^(pump read|inbox write|(add|process) (matches|parked))$/);
  expect(receiver.bytes().includes('taken')).toBe(false);
  expect(receiver.bytes().includes('WRONGTYPE')).toBe(false);
});
