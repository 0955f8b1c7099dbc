/** Errors as a client sees them: application/problem+json (RFC 9457), without a stack, a secret or a control character. */
import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from '../../observe/logger.ts';
import { DeadlinePassed } from '../../redis/deadline.ts';
import { isOutage } from '../../redis/errors.ts';

/** An answer that is an error. `detail` goes out as it is: text from outside in it must be quoted. */
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

const RETRY_AFTER_S = 5;
export const redisOut = (): Problem =>
  new Problem(503, 'Redis does not answer as it should; try again shortly', {
    'Retry-After': String(RETRY_AFTER_S),
  });

export const notFound: RequestHandler = () => {
  throw new Problem(404, 'There is nothing at this address');
};

/** The one place where errors become answers. Those of ours (5xx) are logged once, without query, header and body. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const problem = toProblem(error);
    if (problem.status >= 500) logFailure(log, error, problem.status, req.method, routeOf(req));
    if (res.headersSent) res.destroy();
    else sendProblem(req, res, problem);
  };
}

function logFailure(log: Logger, error: unknown, status: number, method: string, route: string): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  // Never the error itself: one of Redis carries the command's arguments.
  const about = { method, route, status, error: `${name}: ${message.slice(0, 500)}` };
  if (status === 503) log.warn(about, 'request not served: Redis is out');
  else log.error({ ...about, stack }, 'request failed');
}

/** The pattern, not the path: a path may hold names and tokens. */
function routeOf(req: Request): string {
  const { path } = (req.route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? path : req.originalUrl.split(/[/?]/, 2).join('/');
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { status, type } = (error ?? {}) as { status?: unknown; type?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return requestProblem(status, String(type));
  if (error instanceof DeadlinePassed || isOutage(error)) return redisOut();
  if (error instanceof Error && /\bWRONGTYPE\b/.test(error.message)) {
    return new Problem(409, 'Another program keeps data of another type under this name in Redis');
  }
  return new Problem(500, 'Unexpected error; the log says more');
}

/** Errors of express and its body parser: their own messages quote the input. */
function requestProblem(status: number, type: string): Problem {
  switch (type) {
    case 'entity.too.large':
      return new Problem(413, 'The body is larger than 256 kB');
    case 'entity.parse.failed':
      return new Problem(400, 'The body is not JSON');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem(415, 'The body takes JSON in UTF-8, not compressed');
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
