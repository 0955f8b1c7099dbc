/** Faults of the simulated Bluesky's answers. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export type Fault =
  /** The right answer, after this time. */
  | { kind: 'slow'; ms: number }
  /** 429 with Retry-After, in seconds. */
  | { kind: 'rate-limited'; retryAfter: number }
  /** An error of the server: 500 unless said otherwise. */
  | { kind: 'error'; status?: number }
  /** 200, called JSON, and is none. */
  | { kind: 'garbage' }
  /** 200, JSON of another shape. */
  | { kind: 'empty' }
  /** 200, JSON of 50 MB, sent as fast as it is read, its length not announced. */
  | { kind: 'huge'; bytes?: number }
  /** Accepts the request, and never answers. */
  | { kind: 'hang' }
  /** Closes the connection. */
  | { kind: 'reset' }
  | { kind: 'redirect'; location: string }
  /** 200, right but for what people wrote: markup, bidi, NUL, very long. */
  | { kind: 'hostile' };

const HUGE_BYTES = 50 * 1024 * 1024;
const CHUNK = 'x'.repeat(64 * 1024);

/** Resolves to true if the answer was given, or never will be; false: answer as usual. */
export async function applyFault(fault: Fault, res: ServerResponse, stopping: AbortSignal): Promise<boolean> {
  switch (fault.kind) {
    case 'slow':
      await pause(fault.ms, undefined, { signal: stopping }).catch(() => undefined);
      return false;
    case 'rate-limited':
      res.setHeader('Retry-After', fault.retryAfter);
      res.setHeader('RateLimit-Limit', 3000);
      res.setHeader('RateLimit-Remaining', 0);
      res.setHeader('RateLimit-Policy', '3000;w=300');
      sendJson(res, { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' }, 429);
      return true;
    case 'error':
      sendJson(res, { error: 'InternalServerError', message: 'Internal Server Error' }, fault.status ?? 500);
      return true;
    case 'garbage':
      sendText(res, '{"profiles":[{"did":"did:plc:\u0000<html>');
      return true;
    case 'empty':
      sendJson(res, {});
      return true;
    case 'huge':
      await sendHuge(res, fault.bytes ?? HUGE_BYTES);
      return true;
    case 'hang':
      return true;
    case 'reset':
      res.destroy();
      return true;
    case 'hostile':
      return false;
    case 'redirect':
      res.writeHead(302, { Location: fault.location }).end();
      return true;
  }
}

const WRITTEN = new Set(['displayName', 'text', 'description', 'alt', 'title']);
const hostile = [
  '</script><script>alert(1)</script>',
  '\u202e\u2066',
  '\0\x1b[2J\r\n',
  ']]>&amp;',
  'ẞ\u0301'.repeat(2_000),
].join('');

/** The same answer, in which nobody wrote anything decent. */
export const withHostileWords = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (name, member: unknown) =>
    WRITTEN.has(name) && typeof member === 'string' ? `${hostile}${member}` : member,
  );

const JSON_TYPE = 'application/json; charset=utf-8';

export const sendJson = (res: ServerResponse, value: unknown, status = 200): void =>
  sendText(res, JSON.stringify(value), status);

function sendText(res: ServerResponse, text: string, status = 200): void {
  res.writeHead(status, { 'Content-Type': JSON_TYPE, 'Access-Control-Allow-Origin': '*' }).end(text);
}

async function sendHuge(res: ServerResponse, bytes: number): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  res.writeHead(200, { 'Content-Type': JSON_TYPE });
  res.write('{"padding":"');
  for (let sent = 0; sent < bytes && !gone.signal.aborted; sent += CHUNK.length) {
    if (!res.write(CHUNK)) await once(res, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  res.end('","profiles":[],"posts":[],"records":[],"feed":[]}');
}
