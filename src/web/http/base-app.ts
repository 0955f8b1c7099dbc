/** What all our HTTP servers share: guards, 404, errors. */
import express, { type Express, type RequestHandler } from 'express';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observe/logger.ts';
import { hostGuard } from './host-guard.ts';
import { answerErrors, notFound, Problem } from './problem.ts';
import { behindProxy } from './public-url.ts';
import { writeGuard } from './write-guard.ts';

export function createBaseApp(
  { http }: Pick<Config, 'http'>,
  log: Logger,
  addRoutes: (app: Express) => void,
  /** Comes before the write guard: answers its own addresses, and passes on the rest. */
  unguarded?: RequestHandler,
): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.use(safeHeaders, behindProxy(http));
  if (http.isLoopback) app.use(hostGuard(http.publicUrl));
  if (unguarded) app.use(unguarded);
  app.use(writeGuard, wellFormedUrl);
  addRoutes(app);
  app.use(notFound);
  app.use(answerErrors(log));
  return app;
}

const safeHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  next();
};

/** The query parser would misread broken percent-encoding. */
const wellFormedUrl: RequestHandler = (req, _res, next) => {
  try {
    decodeURIComponent(req.url);
  } catch {
    throw new Problem(400, 'The URL is not valid percent-encoded UTF-8');
  }
  next();
};

export const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** GET and HEAD; 405 for other methods. */
export function serveGet(app: Express, path: string, ...handlers: RequestHandler[]): void {
  app.get(path, ...handlers);
  app.all(path, otherMethods(['GET', 'HEAD']));
}

/** 405, or the reply to OPTIONS. No CORS headers, so that no other site gets access. */
export function otherMethods(allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(', ');
  return (req, res) => {
    if (req.method !== 'OPTIONS') throw new Problem(405, `Allowed methods: ${allow}`, { Allow: allow });
    res.set('Allow', allow).status(204).end();
  };
}
