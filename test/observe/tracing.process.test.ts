/** TRACING=otel with real roles and a receiver: what it gets, what it never gets, and that nobody waits for it. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tracingPackages } from '../../src/observe/start-tracing.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../fixtures/otlp-receiver.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';

const STREAM = 'skywire:matches';
const patience = { withinMs: 30_000 };
let redis: TestRedis;
let client: Redis;
let receiver: OtlpReceiver;
let traced: Record<string, string>;
beforeAll(async () => {
  redis = await startRedis();
  client = redis.client();
  receiver = await startOtlpReceiver();
  traced = {
    ...untraced(),
    TRACING: 'otel',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
    BATCH_SIZE: '1',
  };
});
afterAll(async () => {
  await endRoles();
  await receiver.stop();
  await redis.stop();
});

/** As a cluster injects them. */
const untraced = (): Record<string, string> => ({
  REDIS_URL: redis.url,
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  OTEL_BSP_SCHEDULE_DELAY: '20',
});
/** In such a process OpenTelemetry is not installed. */
const notInstalled = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `import { register } from 'node:module';
     register('data:text/javascript,' + encodeURIComponent(\`export function resolve(name, context, next) {
       if (!/opentelemetry|bullmq-otel/.test(name)) return next(name, context);
       throw Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
     }\`));`,
  )}`,
};

const start = async (name: string, env: Record<string, string>) => (await startRole(name, env)).ready();
const append = (inbox: string, n: number) => client.xadd(STREAM, '*', 'data', wire(makeMatch(inbox, n)));
const delivered = (inbox: string, count: number) =>
  eventually(async () => expect(await client.xlen(`inbox:{${inbox}}`)).toBe(count), patience);
async function end(...roles: Role[]): Promise<void> {
  for (const role of roles) role.signal('SIGTERM');
  for (const role of roles) expect(await role.ended, role.output()).toBe(0);
}

let roles: Role[];
test('one trace leads from the read of the pump to the inbox write, and has nothing of the post in it', async () => {
  roles = await Promise.all([start('pump', traced), start('worker', traced)]);
  const match = makeMatch('whose-inbox', 1);
  await append('whose-inbox', 1);
  await delivered('whose-inbox', 1);
  const [read, add, process, write] = await eventually(() => {
    const spans = receiver.spans();
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      'add matches',
      'inbox write',
      'process matches',
      'pump read',
    ]);
    return ['pump read', 'add matches', 'process matches', 'inbox write'].map(
      (name) => spans.find((span) => span.name === name)!,
    );
  }, patience);
  expect([read, add, process, write].map((span) => [span!.traceId, span!.parentId])).toEqual([
    [read!.traceId, ''],
    [read!.traceId, read!.spanId],
    [read!.traceId, add!.spanId],
    [read!.traceId, process!.spanId],
  ]);
  expect(read!.attributes).toEqual({
    'skywire_inbox.stream': STREAM,
    'skywire_inbox.partition': 1,
    'skywire_inbox.entries': 1,
    'skywire_inbox.jobs': 1,
    'skywire_inbox.outcome': 'done',
  });
  expect(add!.attributes).toEqual({
    'bullmq.queue.name': 'matches',
    'bullmq.queue.operation': 'addBulk',
    'bullmq.job.bulk.count': 1,
  });
  expect(process!.attributes).toEqual({
    'bullmq.queue.name': 'matches',
    'bullmq.queue.operation': 'process',
    'bullmq.job.id': expect.stringMatching(/^batch-/),
    'bullmq.job.attempts.made': 1,
    'skywire_inbox.queue': 'matches',
    'skywire_inbox.lane': 'matches',
    'skywire_inbox.attempt': 1,
    'skywire_inbox.entries': 1,
    'skywire_inbox.outcome': 'done',
  });
  expect(write!.attributes).toMatchObject({
    'skywire_inbox.deliveries': 1,
    'skywire_inbox.delivered': 1,
    'skywire_inbox.duplicate': 0,
    'skywire_inbox.outcome': 'done',
  });
  expect(read!.resource).toMatchObject({
    'service.name': 'skywire-inbox',
    'skywire_inbox.role': 'pump',
    'deployment.environment': 'test',
  });
  expect(write!.resource['skywire_inbox.role']).toBe('worker');
  const { text, author, uri } = match.post;
  for (const secret of ['whose-inbox', text, author, 'did:', uri, 'app.bsky', redis.url])
    expect(receiver.bytes().includes(secret), secret).toBe(false);
});

test('a receiver that refuses, answers garbage or nothing delays no delivery and no end, and fills no log', async () => {
  const began = performance.now();
  let sent = 0;
  for (const how of ['refuse', 'garbage', 'hang'] as const) {
    receiver.behave(how);
    const requests = receiver.requests();
    for (let n = 0; n < 20; n += 1) await append('undelayed', sent++);
    await delivered('undelayed', sent);
    await eventually(() => expect(receiver.requests()).toBeGreaterThan(requests), patience);
  }
  await end(...roles);
  for (const role of roles) {
    const lines = role
      .output()
      .split('\n')
      .filter((line) => line.includes('traces:'));
    expect(lines.length).toBeLessThanOrEqual(2 + (performance.now() - began) / 30_000);
    expect(lines[0]).toMatch(/"lostSpans":1,.*spans could not be sent .*\(deliveries go on\): .*400 nope/);
    expect(lines.at(-1)).toMatch(/"lostSpans":\d+,.*the process ends with spans that were not sent/);
  }
});

test('without the packages TRACING=otel is refused, with what to type; without TRACING they are not missed', async () => {
  const refused = await startRole('pump', { ...traced, ...notInstalled });
  const all = await start('start', { ...untraced(), ...notInstalled });
  expect(await refused.ended).toBe(2);
  expect(refused.output()).toContain(
    `TRACING=otel needs packages that are not installed; type: npm install --no-save --save-prod ${tracingPackages.join(' ')}`,
  );
  await append('untraced', 1);
  await delivered('untraced', 1);
  // The dashboard shows a job with its trace context.
  const [id] = await client.zrange('skywire-inbox:{matches}:matches:completed', '0', '0');
  const shown = await fetch(`${all.url}/dashboard/api/queues/matches/${id}`);
  expect(shown.status).toBe(200);
  expect(await shown.text()).toContain('traceparent');
});
