/** What every HTTP server of ours does before and after its routes. */
import express, { type Express, type RequestHandler } from 'express';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observe/logger.ts';
import { hostGuard } from './host-guard.ts';
import { answerErrors, notFound, Problem } from './problem.ts';
import { writeGuard } from './write-guard.ts';

/** An app with its guards. `addRoutes` puts in the routes, after which everything else is 404. */
export function createBaseApp(
  { http }: Pick<Config, 'http'>,
  log: Logger,
  addRoutes: (app: Express) => void,
): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.use(safeHeaders);
  if (http.isLoopback) app.use(hostGuard);
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

/** Broken percent-encoding would be read as something else than was meant, in a query above all. */
const wellFormedUrl: RequestHandler = (req, _res, next) => {
  try {
    decodeURIComponent(req.url);
  } catch {
    throw new Problem(400, 'The address is not well percent-encoded UTF-8');
  }
  next();
};

export const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** GET and HEAD at one address; every other method is told so. */
export function serveGet(app: Express, path: string, ...handlers: RequestHandler[]): void {
  app.get(path, ...handlers);
  app.all(path, otherMethods(['GET', 'HEAD']));
}

/** The last handler of an address: 405, or for OPTIONS what it allows. No header lets another site in (CORS). */
export function otherMethods(allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(', ');
  return (req, res) => {
    if (req.method !== 'OPTIONS') throw new Problem(405, `This address takes ${allow}`, { Allow: allow });
    res.set('Allow', allow).status(204).end();
  };
}
