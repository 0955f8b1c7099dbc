/** Errors as a client sees them: application/problem+json (RFC 9457), without a stack, a secret or a control character. */
import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from '../../observe/logger.ts';
import { DeadlinePassed } from '../../redis/deadline.ts';
import { isOutage } from '../../redis/errors.ts';
import { ClientGone } from './waited-for.ts';

/** `detail` is sent verbatim: untrusted text in it must be quoted. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly detail: string;
  readonly headers: Record<string, string | string[]>;

  constructor(status: number, detail: string, headers: Record<string, string | string[]> = {}) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

const retryAfter = { 'Retry-After': '5' };
export const redisUnavailable = (): Problem =>
  new Problem(503, 'Redis is unavailable; try again shortly', retryAfter);
/** Redis is slow or does not reply, or there was more to read than fits into the time. */
const tookTooLong = (): Problem =>
  new Problem(
    503,
    'This took too long and was given up: Redis is slow or silent, or there is much to read; try again shortly',
    retryAfter,
  );

export const notFound: RequestHandler = () => {
  throw new Problem(404, 'There is nothing at this address');
};

/** The only error handler. 5xx are logged once, without query, headers or body. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    if (error instanceof ClientGone) {
      res.destroy();
      return;
    }
    const problem = toProblem(error);
    if (problem.status >= 500) logFailure(log, error, problem.status, req.method, routeOf(req));
    if (res.headersSent) res.destroy();
    else sendProblem(req, res, problem);
  };
}

export function logFailure(log: Logger, error: unknown, status: number, method: string, route: string): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  // Never the error object: a Redis error carries the command's arguments.
  const about = { method, route, status, error: `${name}: ${message.slice(0, 500)}` };
  if (error instanceof DeadlinePassed)
    log.warn(about, 'request not served in time: Redis is slow or silent, or there is much to read');
  else if (status === 503) log.warn(about, 'request not served: Redis is unavailable');
  else log.error({ ...about, stack }, 'request failed');
}

/** The route pattern: a path may contain names and tokens. */
function routeOf(req: Request): string {
  const { path } = (req.route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? path : req.originalUrl.split(/[/?]/, 2).join('/');
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { status, type } = (error ?? {}) as { status?: unknown; type?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return requestProblem(status, String(type));
  if (error instanceof DeadlinePassed) return tookTooLong();
  if (isOutage(error)) return redisUnavailable();
  if (error instanceof Error && /\bWRONGTYPE\b/.test(error.message)) {
    return new Problem(409, 'Another program keeps data of another type under this key in Redis');
  }
  return new Problem(500, 'Unexpected error; see the log');
}

/** Errors of Express and its body parser, whose own messages quote the input. */
function requestProblem(status: number, type: string): Problem {
  switch (type) {
    case 'entity.too.large':
      return new Problem(413, 'The body is larger than 256 kB');
    case 'entity.parse.failed':
      return new Problem(400, 'The body is not JSON');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem(415, 'The body must be uncompressed JSON in UTF-8');
    default:
      return new Problem(status, STATUS_CODES[status] ?? 'Bad Request');
  }
}

function sendProblem(req: Request, res: Response, { status, detail, headers }: Problem): void {
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    instance: instanceOf(req),
    ...(res.locals['shownBy'] === 'bull-board' && { error: detail }),
  };
  res.status(status).set(headers).set('Cache-Control', 'no-store');
  res.type('application/problem+json').send(JSON.stringify(body));
}

/** The path without its query, as a URI reference. */
function instanceOf(req: Request): string {
  const path = req.originalUrl.split('?', 1)[0]!.slice(0, 1_000);
  return path.replace(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char.toWellFormed()));
}
