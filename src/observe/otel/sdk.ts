/** OpenTelemetry's SDK: loaded on demand by start-tracing.ts. What it sends where is the standard's OTEL_… variables' to say. */
import { context, DiagLogLevel, diag, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { ConfigError } from '../../config/config.ts';
import type { Facts, Tracing } from '../tracing.ts';
import { createTelemetry } from './bullmq-telemetry.ts';
import { createOutgoing } from './outgoing.ts';
import { createReports, type Warn } from './reports.ts';

const FLUSH_WITHIN_MS = 2_000;
const NAME = 'skywire-inbox';

/** Throws ConfigError. */
export function startSdk(role: string, version: string, warn: Warn): Tracing {
  const reports = createReports(warn);
  diag.setLogger(reports.diag, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const outgoing = createOutgoing(new OTLPTraceExporter(), reports);
  const own = resourceFromAttributes({
    'service.name': NAME,
    'service.version': version,
    'skywire_inbox.role': role,
  });
  const provider = new NodeTracerProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [outgoing.processor],
  });
  // Trace context only: baggage would carry what others put into it.
  provider.register({ propagator: new W3CTraceContextPropagator() });
  if (!isRegistered(provider))
    throw new ConfigError(
      'TRACING: another OpenTelemetry SDK is loaded in this process already (by NODE_OPTIONS?), and would get spans unfiltered: ' +
        'take one of the two away',
    );
  reports.settled();
  const tracer = trace.getTracer(NAME, version);
  const note = (facts: Facts, span = trace.getActiveSpan()) => {
    span?.setAttributes(attributesOf(facts));
    if (facts.outcome === 'failed') span?.setStatus({ code: SpanStatusCode.ERROR });
  };
  return {
    telemetry: createTelemetry(NAME, version),
    note: (facts) => note(facts),
    span({ name, facts, run, startedAt }) {
      const start = startedAt === undefined ? {} : { startTime: startedAt };
      const span = tracer.startSpan(name, { root: name === 'pump read', ...start });
      note(facts, span);
      return context.with(trace.setSpan(context.active(), span), async () => {
        try {
          const result = await run((more) => note(more, span));
          note({ outcome: 'done' }, span);
          return result;
        } catch (error) {
          note({ outcome: 'failed' }, span);
          throw error;
        } finally {
          span.end();
        }
      });
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise((resolve) => {
        timer = setTimeout(resolve, FLUSH_WITHIN_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), deadline]);
      clearTimeout(timer);
      outgoing.ended();
    },
  };
}

function isRegistered(provider: NodeTracerProvider): boolean {
  const global = trace.getTracerProvider() as { getDelegate?(): unknown };
  return global.getDelegate?.() === provider;
}

function attributesOf(facts: Facts): Record<string, string | number> {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [`skywire_inbox.${name}`, value]));
}
