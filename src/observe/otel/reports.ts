/** What goes wrong with sending, in the log: one line in half a minute, whatever it is, and never what a receiver or a variable says whole. */
import type { DiagLogger } from '@opentelemetry/api';
import { quote } from '../../../queues/index.ts';

export type Warn = (about: object, text: string) => void;

export interface Reports {
  /** Of the SDK. */
  diag: DiagLogger;
  lost(spans: number, error?: Error): void;
  /** What the SDK says of its variables is over: from here on lines are limited. */
  settled(): void;
  leftAtEnd(spans: number): void;
}

const SAID_EVERY_MS = 30_000;

export function createReports(warn: Warn, everyMs = SAID_EVERY_MS): Reports {
  let isSettled = false;
  let saidAt = Number.NEGATIVE_INFINITY;
  let lostSpans = 0;
  let leftOut = 0;

  function say(text: string): void {
    const now = performance.now();
    if (isSettled && now - saidAt < everyMs) {
      leftOut += 1;
      return;
    }
    if (isSettled) saidAt = now;
    warn({ ...(lostSpans && { lostSpans }), ...(leftOut && { leftOut }) }, `traces: ${text}`);
    lostSpans = 0;
    leftOut = 0;
  }

  /** Variables stand in quotes or parentheses: endpoints with passwords, headers with tokens. */
  const diagnose = (...args: unknown[]) =>
    say(
      quote(
        args
          .filter((one) => typeof one === 'string')
          .join(': ')
          .split(/["'`(]/, 1)[0]!,
        200,
      ),
    );
  const silent = () => undefined;
  return {
    diag: { error: diagnose, warn: diagnose, info: silent, debug: silent, verbose: silent },
    lost(spans, error) {
      lostSpans += spans;
      say(
        error
          ? `spans could not be sent to the receiver of OTEL_EXPORTER_OTLP_ENDPOINT (deliveries go on): ${quote(reasonOf(error), 200)}`
          : 'spans were dropped, since too many wait to be sent (deliveries go on)',
      );
    },
    settled() {
      isSettled = true;
    },
    leftAtEnd(spans) {
      warn({ lostSpans: lostSpans + spans }, 'traces: the process ends with spans that were not sent');
    },
  };
}

function reasonOf(error: Error): string {
  /** Of an HTTP answer a number. */
  const { code } = error as { code?: string | number };
  const text = error.message || error.name;
  return code === undefined || text.includes(String(code)) ? text : `${code} ${text}`;
}
