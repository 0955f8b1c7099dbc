/**
 * BullMQ's telemetry by bullmq-otel, kept to what belongs to a match's trace: BullMQ also makes a span for each time that a worker looks
 * for a job, each check for stalled jobs, each removal.
 */
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

/** By BullMQ's operation, the first word of a span's name; the rest is the queue. */
const operations = new Map([
  ['add', 'add'],
  ['addBulk', 'add'],
  ['process', 'process'],
]);

type Span = ReturnType<Telemetry<Context>['tracer']['startSpan']>;
const unrecorded: Span = {
  setSpanOnContext: (context) => context,
  setAttribute: () => undefined,
  setAttributes: () => undefined,
  addEvent: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};

export function createTelemetry(tracerName: string, version: string): Telemetry<Context> {
  const { tracer, contextManager } = new BullMQOtel({ tracerName, version });
  return {
    tracer: {
      startSpan(name, options, context) {
        const [operation = '', queue = ''] = name.split(' ', 2);
        const known = operations.get(operation);
        if (!known) return unrecorded;
        // `add` names queue and job: `add matches.batch`.
        return tracer.startSpan(`${known} ${queue.split('.', 1)[0]}`, options, context) as Span;
      },
    },
    contextManager: {
      with: (context, run) => contextManager.with(context, run),
      active: () => contextManager.active(),
      // bullmq-otel has none: loops that live as long as a worker would belong to the job that happened to start them.
      root: () => ROOT_CONTEXT,
      getMetadata: (context) => contextManager.getMetadata(context),
      fromMetadata(active, metadata) {
        try {
          return contextManager.fromMetadata(active, metadata);
        } catch {
          // It would throw before BullMQ runs the job, again and again: a job with a damaged trace context is run without.
          return active;
        }
      },
    },
  };
}
