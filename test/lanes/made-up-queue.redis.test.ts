/** A queue is its definition and its processor: one that is made up here, and named nowhere else, is held, run, shown and counted. */
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Processor } from '../../processors/index.ts';
import { defineQueue } from '../../queues/define-queue.ts';
import { queues as definitions } from '../../queues/index.ts';
import { openJobQueue } from '../../src/lanes/job-queue.ts';
import { openQueues, type Queues } from '../../src/lanes/queues.ts';
import { exposeReadings } from '../../src/monitor/gauges.ts';
import { createReadings } from '../../src/monitor/readings.ts';
import { createCursor } from '../../src/pump/cursor.ts';
import { createMarks } from '../../src/pump/marks.ts';
import { createTrimmer } from '../../src/pump/trimmer.ts';
import { createSource } from '../../src/stream/source.ts';
import { startWorkers } from '../../src/workers/workers.ts';
import { World } from '../fixtures/in-memory-ports.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { asAdmin, startWeb } from '../web/web.ts';

const HOUR_MS = 3_600_000;
const schema = z.object({ entry: z.object({ id: z.string() }) });
type Letter = z.infer<typeof schema>;

const letters = defineQueue({
  name: 'letters',
  label: 'Made up',
  description: 'A queue of this test',
  version: 1,
  schema,
  encode: (letter: Letter) => ({ data: letter }),
  attempts: 'until-done',
  failed: 'fault',
  keepCompleted: 10,
  slots: 1 / 2,
  holdsEntries: true,
  entryIds: (data) => [(data as Letter).entry.id],
  id: ({ entry }) => `letter-${entry.id.replace('-', '.')}`,
  jobName: () => 'letter',
});
const list = { ...definitions, letters };

let redis: TestRedis;
let pipeline: Pipeline;
let queues: Queues;
let ids: string[];
beforeAll(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis);
  queues = openQueues(redis.client({ maxRetriesPerRequest: null }), 3, [STREAM], { list });
  ids = Array.from({ length: 9 }, (_, n) => `${Date.now() - 2 * HOUR_MS}-${n + 1}`);
  for (const [n, id] of ids.entries())
    await redis.client().xadd(STREAM, id, 'data', wire(makeMatch('ann', n)));
  const [pump, worker] = [pipeline.startPump(), pipeline.startWorker()];
  await pipeline.quiet();
  await pump.stop();
  await worker.stop();
  const added = openJobQueue(redis.client({ maxRetriesPerRequest: null }), letters, 3);
  expect(await added.add([{ entry: { id: ids[4]! } }])).toEqual([true]);
  await added.queue.close();
});
afterAll(async () => {
  await queues.close();
  await pipeline.stop();
  await redis.stop();
});

test('the trimmer spares its entries', async () => {
  const client = redis.client();
  const source = createSource({
    reader: client,
    commands: client,
    stream: STREAM,
    group: GROUP,
    consumer: 'c',
  });
  const cursor = createCursor({
    home: client,
    source,
    group: GROUP,
    isOneServer: true,
    windowMs: HOUR_MS,
    onReplaced: () => Promise.resolve(),
    onReadAgain: () => Promise.resolve(),
  });
  await cursor.save();
  const marks = createMarks({ home: client, stream: STREAM, group: GROUP, windowMs: 3_600_000 });
  const holding = queues.holding(STREAM);
  const kept = () => queues.kept(STREAM);
  expect(await createTrimmer({ source, cursor, marks, holding, kept, windowMs: HOUR_MS }).trim()).toBe(4);
  expect((await client.xrange(STREAM, '-', '+'))[0]![0]).toBe(ids[4]);
});

test('the dashboard names it', async () => {
  const web = await startWeb(redis, { definitions: list });
  const { json } = await web.ask('GET', '/dashboard/api/queues', asAdmin);
  expect(json).toMatchObject({
    queues: expect.arrayContaining([
      expect.objectContaining({
        name: 'letters',
        displayName: 'Made up: letters',
        description: letters.description,
      }),
    ]),
  });
  await web.stop();
});

test('metrics count it', async () => {
  expect(await gauges()).toContain('skywire_inbox_jobs{queue="letters",state="waiting"} 1');
});

test('workers run it', async () => {
  const got: Letter[] = [];
  const processor: Processor<Letter> = async (letter) => {
    got.push(letter);
    return { delivered: 1 };
  };
  const workers = startWorkers({
    client: redis.client({ maxRetriesPerRequest: null }),
    ports: new World().ports,
    events: pipeline.context.events,
    concurrency: 2,
    deliveryBackoff: { baseMs: 1, maxMs: 1 },
    queues: { all: [queues.find('letters')!] },
    processors: { letters: processor },
  });
  await expect.poll(() => got, { timeout: 10_000 }).toEqual([{ entry: { id: ids[4] } }]);
  await expect.poll(() => queues.find('letters')!.queue.getCompletedCount(), { timeout: 10_000 }).toBe(1);
  await workers.stop(1_000);
  expect(await pipeline.context.metrics.registry.metrics()).toMatch(
    /skywire_inbox_job_duration_seconds_count\{queue="letters",outcome="done"\} 1/,
  );
  expect(await queues.find('letters')!.oldestHeld()).toBeUndefined();
});

async function gauges(): Promise<string> {
  const client = redis.client();
  const registry = new Registry();
  const take = createReadings({
    home: client,
    skywire: client,
    isTwoServers: false,
    queues,
    streams: [STREAM],
    group: GROUP,
    windowMs: 86_400_000,
    readParked: () => Promise.resolve({}),
  });
  exposeReadings(registry, take);
  return registry.metrics();
}
