/** One GET of JSON from an untrusted server: bounded in time and size, no redirect followed, no compression requested. */
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { parseJson } from '../../../queues/index.ts';
import { readVersion } from '../../config/version.ts';
import { NotAllowed, type Resolve, type Way, wayTo } from './where.ts';

/** `not-allowed`: the address is internal, and nothing was sent. */
export type Failure =
  | 'not-allowed'
  | 'unreachable'
  | 'timeout'
  | 'too-large'
  | 'garbage'
  | 'server-error'
  | 'throttled';

export type Reply =
  /** A status from 200 to 499, except 429 and redirects, with JSON. */
  { status: number; json: unknown } | { failed: Failure; detail: string; retryAfterMs?: number | undefined };

export interface Get {
  (url: string, signal?: AbortSignal): Promise<Reply>;
  /** Closes idle connections. */
  close(): void;
}

export interface GetOptions {
  /** http to loopback: BLUESKY_API_URL and PLC_URL are both there. */
  allowsLoopback: boolean;
  timeoutMs?: number;
  mostBytes?: number;
  resolve?: Resolve;
}

const userAgent = `skywire-inbox/${readVersion()}`;
const TIMEOUT_MS = 10_000;
const MOST_BYTES = 2_000_000;
/** Sockets stay open for a while, for the next call to the same server. */
const agentOptions = {
  keepAlive: true,
  maxSockets: 8,
  maxTotalSockets: 64,
  maxFreeSockets: 16,
  timeout: 15_000,
};

class Failed extends Error {
  readonly why: Failure;
  constructor(why: Failure, detail: string) {
    super(detail);
    this.why = why;
  }
}

/** Never throws, whatever the server does. */
export function createGet({
  allowsLoopback,
  timeoutMs = TIMEOUT_MS,
  mostBytes = MOST_BYTES,
  resolve,
}: GetOptions): Get {
  const agent = new Agent(agentOptions);
  const plainAgent = new PlainAgent(agentOptions);

  async function get(url: string, signal?: AbortSignal): Promise<Reply> {
    try {
      return await ask(wayTo(url, allowsLoopback, resolve), signal);
    } catch (error) {
      const failed =
        error instanceof Failed ? error.why : error instanceof NotAllowed ? 'not-allowed' : 'unreachable';
      const { code, message } = error as NodeJS.ErrnoException;
      return { failed, detail: code ?? message };
    }
  }

  function ask({ url, isPlain, lookup }: Way, signal: AbortSignal | undefined): Promise<Reply> {
    return new Promise((settle, reject) => {
      const headers = { accept: 'application/json', 'user-agent': userAgent };
      const options = { headers, lookup, signal };
      const answered = (res: IncomingMessage) => {
        // Errors are reported where it is read.
        res.on('error', () => undefined);
        replyOf(res, mostBytes)
          .then(settle, reject)
          .finally(() => res.complete || req.destroy());
      };
      const req = isPlain
        ? plainRequest(url, { ...options, agent: plainAgent }, answered)
        : request(url, { ...options, agent }, answered);
      const timer = setTimeout(() => {
        reject(new Failed('timeout', `no answer within ${timeoutMs} ms`));
        req.destroy();
      }, timeoutMs);
      req.on('close', () => clearTimeout(timer));
      req.on('error', reject);
      req.end();
    });
  }

  return Object.assign(get, {
    close() {
      agent.destroy();
      plainAgent.destroy();
    },
  });
}

async function replyOf(res: IncomingMessage, mostBytes: number): Promise<Reply> {
  const { statusCode: status = 0, headers } = res;
  if (status === 429 || status >= 500 || (status >= 300 && status < 400)) {
    res.destroy();
    const failed = status === 429 ? 'throttled' : status >= 500 ? 'server-error' : 'garbage';
    return { failed, detail: `status ${status}`, retryAfterMs: retryAfterMs(headers) };
  }
  const text = await textOf(res, mostBytes);
  try {
    return { status, json: parseJson(text) };
  } catch {
    return { failed: 'garbage', detail: `status ${status}, not JSON` };
  }
}

async function textOf(res: IncomingMessage, mostBytes: number): Promise<string> {
  const tooLarge = () => new Failed('too-large', `more than ${mostBytes} bytes`);
  if (Number(res.headers['content-length'] ?? 0) > mostBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of res as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) throw tooLarge();
    parts.push(part);
  }
  if (!res.complete) throw new Failed('unreachable', 'the answer was cut off');
  return Buffer.concat(parts).toString();
}

/** By the server's own clock, if it names a time. */
function retryAfterMs(headers: IncomingMessage['headers']): number | undefined {
  const after = headers['retry-after'];
  const now = Date.parse(headers.date ?? '');
  const reset = headers['ratelimit-reset'];
  const candidates = [
    /^\d{1,9}$/.test(after ?? '') ? Number(after) * 1_000 : Date.parse(after ?? '') - now,
    /^\d{1,12}$/.test(String(reset)) ? Number(reset) * 1_000 - now : Number.NaN,
  ];
  return candidates.find((ms) => ms >= 0);
}
