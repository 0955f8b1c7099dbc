/**
 * What leaves the process: a bounded queue, and of each span only what is allowed by name and shape. The SDK's own queue would drop spans
 * in silence; here they are counted.
 */
import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type { Reports } from './reports.ts';

/** Spans that wait to be sent: about 4 MB. */
export const MOST_WAITING = 2_048;

type Shape = (value: unknown) => boolean;
const number: Shape = (value) => typeof value === 'number';
const like =
  (pattern: RegExp): Shape =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const queueName = like(/^[a-z]+(-\d+)?$/);

const allowed: Record<string, Shape> = {
  'bullmq.queue.name': queueName,
  'bullmq.queue.operation': like(/^[A-Za-z]{1,30}$/),
  'bullmq.job.bulk.count': number,
  'bullmq.job.attempts.made': number,
  // Of queues/job-id.ts. Another program may have chosen another one, of anything.
  'bullmq.job.id': like(/^[a-z]+-[\w-]{43}$/),
  'skywire_inbox.queue': queueName,
  'skywire_inbox.lane': queueName,
  'skywire_inbox.stream': like(/^.{1,200}$/s),
  'skywire_inbox.outcome': like(/^[a-z]+$/),
  ...Object.fromEntries(
    'partition entries jobs attempt deliveries delivered duplicate merged erased refused'
      .split(' ')
      .map((name) => [`skywire_inbox.${name}`, number]),
  ),
};
const allowedName = /^(pump read|inbox write|(add|process) [a-z]+(-\d+)?)$/;

/** Without events, links and messages: BullMQ puts errors and results there. */
export function allowedOf(span: ReadableSpan): ReadableSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const { kind, parentSpanContext, startTime, endTime, duration, ended, resource, instrumentationScope } =
    span;
  const attributes = Object.fromEntries(
    Object.entries(span.attributes).filter(
      ([name, value]) => Object.hasOwn(allowed, name) && allowed[name]!(value),
    ),
  );
  return {
    name: allowedName.test(span.name) ? span.name : 'other',
    spanContext: () => ({ traceId, spanId, traceFlags }),
    ...(parentSpanContext && {
      parentSpanContext: {
        traceId: parentSpanContext.traceId,
        spanId: parentSpanContext.spanId,
        traceFlags: parentSpanContext.traceFlags,
      },
    }),
    status: { code: span.status.code },
    attributes,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    kind,
    startTime,
    endTime,
    duration,
    ended,
    resource,
    instrumentationScope,
  };
}

export interface Outgoing {
  processor: SpanProcessor;
  /** Says what was not sent. */
  ended(): void;
}

export function createOutgoing(exporter: SpanExporter, reports: Reports): Outgoing {
  let waiting = 0;
  let sending = 0;
  const sender: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      sending += spans.length;
      exporter.export(spans.map(allowedOf), (result) => {
        sending -= spans.length;
        if (result.code !== ExportResultCode.SUCCESS) reports.lost(spans.length, result.error);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor(sender, { maxQueueSize: MOST_WAITING });
  return {
    processor: {
      onStart: () => undefined,
      onEnd(span) {
        if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
        if (waiting >= MOST_WAITING) {
          reports.lost(1);
          return;
        }
        waiting += 1;
        batches.onEnd(span);
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    },
    ended() {
      if (waiting + sending > 0) reports.leftAtEnd(waiting + sending);
    },
  };
}
