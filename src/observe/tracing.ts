/**
 * Traces of matches, one from the pump's read to the inbox write. Only what TRACING=otel loads implements this; without it there is no
 * Tracing, and nothing calls it.
 */
import type { Telemetry } from 'bullmq';

/** What a span may tell: never a text, a name from outside, a token. docs/tracing.md lists them. */
export interface Facts {
  /** A key of SKYWIRE_STREAM, and its place there, from 1. */
  stream?: string;
  partition?: number;
  entries?: number;
  jobs?: number;
  queue?: string;
  /** The queue's name in Redis. */
  lane?: string;
  /** Which start of the job this is, from 1. */
  attempt?: number;
  outcome?: 'done' | 'postponed' | 'failed';
  /** Of an inbox write: how many, and what came of them. */
  deliveries?: number;
  delivered?: number;
  duplicate?: number;
  merged?: number;
  erased?: number;
  refused?: number;
}

export interface SpanOf<Result> {
  name: 'pump read' | 'inbox write';
  facts: Facts;
  run: (add: (facts: Facts) => void) => Promise<Result>;
  /** By performance.now(); undefined: now. */
  startedAt?: number | undefined;
}

export interface Tracing {
  /** Of queues and workers: their spans, and the trace context in a job's options. */
  telemetry: Telemetry;
  /** A span around `run`, within the one that is open. `pump read` begins a trace. */
  span<Result>(about: SpanOf<Result>): Promise<Result>;
  /** Adds to the span that is open. */
  note(facts: Facts): void;
  /** Sends what is left. Takes 2 s at most. */
  stop(): Promise<void>;
}
