import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CANARY } from '../../queues/index.ts';
import { createCanaryAge } from '../../src/monitor/canary-age.ts';
import { createDirectoryRouter } from '../../src/subscriptions/directory.ts';
import { audit } from '../../src/tools/audit.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const canaries = async () => (await pipeline.inbox(CANARY)).length;
const check = () => pipeline.context.checks.get('canary')!();

test.each(['direct', 'directory'])('a match of our own comes through, ROUTING=%s', async (routing) => {
  pipeline = await openPipeline(redis, { CANARY_SECONDS: '1', ROUTING: routing });
  const client = redis.client();
  const canaryAge = createCanaryAge(client, [STREAM]);
  expect(await canaryAge()).toBeUndefined();
  pipeline.startPump();
  pipeline.startWorker();
  await vi.waitFor(async () => expect(await canaries()).toBeGreaterThan(1), 15_000);
  expect((await canaryAge())!.ms).toBeLessThan(60_000);
  const [sent] = (await pipeline.context.metrics.canariesSent.get()).values;
  expect(sent!.value).toBeGreaterThan(1);
  expect(await check()).toBe(true);
  expect(await pipeline.queues.parked.queue.getJobCountByTypes('waiting', 'delayed', 'failed')).toBe(0);
});

test('two pumps send one canary a round, and the audit counts only what Skywire sent', async () => {
  pipeline = await openPipeline(redis, { CANARY_SECONDS: '1', ROUTING: 'directory' });
  await pipeline.directory.register('cats', 'ann');
  pipeline.startPump();
  pipeline.startPump();
  pipeline.startWorker();
  await vi.waitFor(async () => expect(await canaries()).toBeGreaterThan(2), 15_000);
  const client = redis.client();
  const sent = (await client.xrange(STREAM, '-', '+')).map(([id]) => Number(id.split('-')[0]));
  for (const [at, ms] of sent.slice(1).entries()) expect(ms - sent[at]!).toBeGreaterThan(600);
  await pipeline.append([wire(makeMatch('cats', 1))]);
  await vi.waitFor(async () => expect(await pipeline.inbox('ann')).toHaveLength(1), 10_000);
  const found = await audit({
    home: client,
    skywire: client,
    queues: pipeline.queues,
    router: createDirectoryRouter(client),
    directory: pipeline.directory,
    stream: STREAM,
    group: GROUP,
    from: '0',
    to: '+',
    onProgress: () => {},
  });
  expect(found).toMatchObject({ entries: 1, counts: { in_inbox: 1, missing: 0 } });
});

test('where Redis does not let us append there is none, and the pump is ready all the same', async () => {
  const admin = redis.client();
  await admin.acl('SETUSER', 'reader', 'on', '>secret', '~*', '&*', '+@all', '-xadd');
  // Adding a job takes XADD too, but of another key: only the stream is closed to this user.
  await admin.acl('SETUSER', 'reader', 'resetkeys', '~skywire-inbox:*', '%R~skywire:*', '+xadd');
  const url = new URL(redis.url);
  url.username = 'reader';
  url.password = 'secret';
  pipeline = await openPipeline(redis, {
    CANARY_SECONDS: '1',
    SKYWIRE_REDIS_URL: url.href,
    LOG_LEVEL: 'silent',
  });
  pipeline.startPump();
  await vi.waitFor(async () => expect(await admin.acl('LOG')).not.toHaveLength(0), 15_000);
  expect(await check()).toBe(true);
});
