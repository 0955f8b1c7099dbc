/** Groups that hold trimming: beside the real Skywire, whose own consumer never acknowledges, this is the normal case. */
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFigures } from '../../src/monitor/figures.ts';
import { exposeReadings } from '../../src/monitor/gauges.ts';
import { healthOf } from '../../src/monitor/health.ts';
import { createReadings, type TakeReadings } from '../../src/monitor/readings.ts';
import { examineSkywire } from '../../src/tools/examine-skywire.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const HOUR_MS = 3_600_000;
const AGE_MS = 49 * HOUR_MS;
const windowMs = 24 * HOUR_MS;

let redis: TestRedis;
let client: ReturnType<TestRedis['client']>;
let pipeline: Pipeline;
let oldestMs: number;
beforeEach(async () => {
  redis = await startRedis();
  client = redis.client();
  pipeline = await openPipeline(redis);
  oldestMs = Date.now() - AGE_MS;
  for (let n = 0; n < 30; n += 1) await client.xadd(STREAM, `${oldestMs + n}-0`, 'data', 'x');
  await readAs(GROUP, 30, { ack: true });
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

async function readAs(group: string, count: number, { ack }: { ack: boolean }): Promise<void> {
  await client.xgroup('CREATE', STREAM, group, '0').catch(() => undefined);
  const reply = await client.xreadgroup('GROUP', group, 'c', 'COUNT', count, 'STREAMS', STREAM, '>');
  if (ack) await client.xack(STREAM, group, ...reply![0]![1].map(([id]) => id));
}

function takeReadings(): TakeReadings {
  return createReadings({
    home: client,
    skywire: client,
    isTwoServers: false,
    queues: pipeline.queues,
    streams: [STREAM],
    group: GROUP,
    windowMs,
    readParked: () => Promise.resolve({}),
  });
}
const others = async () => (await takeReadings()()).streams![0]!.otherGroups;

async function metrics(): Promise<string> {
  const registry = new Registry();
  exposeReadings(registry, takeReadings());
  return registry.metrics();
}

test('a group that reads and never acknowledges is named with its entries and how long it has held them', async () => {
  await readAs('track_app', 20, { ack: false });
  const [found, ...rest] = await others();
  expect(rest).toEqual([]);
  expect(found).toMatchObject({ group: 'track_app', entries: 30, oldestMs });
  expect(found!.overdueMs).toBeGreaterThanOrEqual(AGE_MS - windowMs);
  expect(found!.overdueMs).toBeLessThan(AGE_MS - windowMs + 60_000);
  const text = await metrics();
  expect(text).toContain(`skywire_inbox_other_group_entries{stream="${STREAM}",group="track_app"} 30`);
  expect(text).toMatch(/skywire_inbox_other_group_overdue_seconds\{.*group="track_app"\} 9\d{4}/);
});

test('the overview and doctor say which group, how many, since when and what to type; once typed, both are content', async () => {
  await readAs('track_app', 30, { ack: false });
  const config = { stream: { keys: [STREAM], group: GROUP, retentionMs: windowMs } };
  const examine = () => examineSkywire({ skywire: client, skywireServer: undefined, config });
  const figures = () => createFigures(client, pipeline.queues, takeReadings())();
  const health = async () => healthOf(await figures()).map(({ what, remedy }) => `${what} ${remedy}`);
  const destroy = `redis-cli XGROUP DESTROY ${STREAM} track_app`;
  const since = new Date(oldestMs).toISOString().slice(0, 16);
  const [finding] = await health();
  const note = (await examine()).find(({ level }) => level === 'note');
  for (const text of [finding, `${note?.what} ${note?.fix}`]) {
    for (const part of ['track_app', '30 entries', since, destroy, 'XACK']) expect(text).toContain(part);
  }
  await client.xgroup('DESTROY', STREAM, 'track_app');
  expect(await health()).toEqual([expect.stringContaining('All is well')]);
  expect((await examine()).filter(({ level }) => level !== 'ok')).toEqual([]);
});

test('a group that keeps up holds nothing, nor does one within the replay window', async () => {
  await readAs('keeps_up', 30, { ack: true });
  await client.xadd(STREAM, '*', 'data', 'x');
  await client.xgroup('CREATE', STREAM, 'slow', `${oldestMs + 29}-0`);
  expect(await others()).toMatchObject([
    { group: 'keeps_up', entries: 1, overdueMs: 0 },
    { group: 'slow', entries: 1, overdueMs: 0 },
  ]);
});

test('names of groups, which come from Redis, are few and harmless as labels, the worst ones first', async () => {
  for (let n = 0; n < 30; n += 1) await readAs(`good-${n}`, 30, { ack: true });
  const evil = `"} 1\nup{x="\u001B[31m${'é'.repeat(200)}`;
  await readAs(evil, 1, { ack: false });
  const found = await others();
  expect(found).toHaveLength(5);
  expect(found[0]!.overdueMs).toBeGreaterThan(HOUR_MS);
  for (const { group } of found) expect(group).toMatch(/^[\w.:@/-]{1,64}$/);
  const labels = [...(await metrics()).matchAll(/^skywire_inbox_other_group_entries\{(.*)\}/gm)];
  expect(labels).toHaveLength(5);
  const [finding] = healthOf(await createFigures(client, pipeline.queues, takeReadings())());
  expect(finding!.remedy).toContain(`XINFO GROUPS ${STREAM}`);
});
