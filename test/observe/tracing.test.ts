/** What leaves the process, by the real SDK and a receiver. */
import { readFileSync } from 'node:fs';
import { SpanKind } from 'bullmq';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { MOST_WAITING } from '../../src/observe/otel/outgoing.ts';
import { startSdk } from '../../src/observe/otel/sdk.ts';
import { startTracing, tracingPackages } from '../../src/observe/start-tracing.ts';
import type { Tracing } from '../../src/observe/tracing.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../fixtures/otlp-receiver.ts';

let receiver: OtlpReceiver;
let tracing: Tracing;
const said: [object, string][] = [];
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'perhaps-secret');
  tracing = startSdk('test', '1', (about, text) => said.push([about, text]));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await receiver.stop();
});

test('what a variable holds is not logged', () => {
  const lines = JSON.stringify(said);
  expect(lines).toContain('OTEL_TRACES_SAMPLER');
  expect(lines).not.toContain('secret');
  said.length = 0;
});

test('spans have allowed names, attributes of the expected shape, and no events', async () => {
  const { tracer, contextManager } = tracing.telemetry;
  const span = tracer.startSpan('process at://did:plc:secret', { kind: SpanKind.CONSUMER });
  span.setAttributes({
    'bullmq.job.id': 'secret by another program',
    'bullmq.job.name': 'secret',
    'bullmq.job.bulk.names': ['secret'],
    'bullmq.job.failed.reason': 'secret',
    'bullmq.queue.name': 'se cret',
    'bullmq.job.attempts.made': 2,
    'bullmq.job.bulk.count': 'secret',
    'skywire_inbox.subscriber': 'secret',
  });
  span.addEvent('secret', { secret: 'secret' });
  span.recordException(new Error('secret'));
  span.end();
  const idle = tracer.startSpan('getNextJob matches', { kind: SpanKind.INTERNAL });
  idle.setAttribute('bullmq.worker.name', 'secret');
  idle.end();
  for (const damaged of [
    '',
    '{',
    'null',
    '7',
    '{"traceparent":7}',
    '{"traceparent":"secret","baggage":"a=secret"}',
  ])
    expect(contextManager.getMetadata(contextManager.fromMetadata(contextManager.root!(), damaged))).toBe(
      '{}',
    );
  await vi.waitFor(() => expect(receiver.spans()).toHaveLength(1));
  expect(receiver.spans()[0]).toMatchObject({
    name: 'other',
    attributes: { 'bullmq.job.attempts.made': 2 },
    events: 0,
  });
  expect(receiver.bytes().includes('secret')).toBe(false);
});

test('what fails is marked, and passed on', async () => {
  const failing = tracing.span({
    name: 'inbox write',
    facts: { deliveries: 2 },
    run: () => Promise.reject(new Error('secret')),
  });
  await expect(failing).rejects.toThrow('secret');
  await vi.waitFor(() => expect(receiver.spans()).toHaveLength(2));
  expect(receiver.spans()[1]!.attributes).toEqual({
    'skywire_inbox.deliveries': 2,
    'skywire_inbox.outcome': 'failed',
  });
  expect(receiver.bytes().includes('secret')).toBe(false);
});

test('a second SDK in the process is refused: spans would go there unfiltered', async () => {
  const log = createLogger('silent', 'test', false);
  await expect(startTracing('test', '1', log)).rejects.toThrow('another OpenTelemetry SDK');
});

test('while nobody answers a bounded number waits, the others are counted, and the end does not wait for long', async () => {
  receiver.behave('hang');
  const MADE = 5_000;
  for (let n = 0; n < MADE; n += 1)
    await tracing.span({ name: 'pump read', facts: { entries: n }, run: () => Promise.resolve() });
  await tracing.stop();
  expect(said.map(([, text]) => text)).toEqual([
    expect.stringContaining('too many wait to be sent'),
    'traces: the process ends with spans that were not sent',
  ]);
  const lost = said.map(([about]) => (about as { lostSpans: number }).lostSpans);
  expect(lost[0]! + lost[1]!).toBe(MADE);
  expect(MADE).toBeGreaterThan(2 * MOST_WAITING);
});

test('settings: the standard variables are looked at only with TRACING=otel', () => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http//me:hush@host' };
  const read = (more: Record<string, string>) => toConfig({ ...env, ...more }, { listens: () => false });
  expect(read({}).isTraced).toBe(false);
  expect(read({ TRACING: 'otel', OTEL_SDK_DISABLED: 'TRUE' }).isTraced).toBe(false);
  expect(() => read({ TRACING: 'otel' })).toThrow(
    /OTEL_EXPORTER_OTLP_PROTOCOL: TRACING=otel takes http\/protobuf only.*\n.*OTEL_EXPORTER_OTLP_ENDPOINT: takes http/,
  );
  expect(() => read({ TRACING: 'otel' })).toThrow(/^(?!.*hush)/s);
  const fine = {
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://h/',
  };
  expect(read({ TRACING: 'otel', ...fine }).isTraced).toBe(true);
  expect(() => read({ TRACING: 'otel', ...fine, OTEL_TRACES_EXPORTER: 'console' })).toThrow(
    'takes otlp only',
  );
  expect(() => read({ TRACING: 'on' })).toThrow('TRACING: got "on"; takes off or otel');
});

test('the packages that are named are those that this is tested with', () => {
  const { devDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { devDependencies: Record<string, string> };
  const tested = Object.entries(devDependencies)
    .filter(([name]) => /opentelemetry|bullmq-otel/.test(name))
    .map(([name, version]) => `${name}@${version}`);
  expect(tracingPackages).toEqual(tested.toSorted());
  const told = readFileSync(new URL('../../docs/tracing.md', import.meta.url), 'utf8');
  for (const one of tracingPackages) expect(told).toContain(one);
});
