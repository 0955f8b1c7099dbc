import type { Request, RequestHandler } from 'express';
import { Problem } from './problem.ts';
import { isOwnOrigin } from './public-url.ts';

const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Against CSRF: rejects writes by Sec-Fetch-Site and Origin, and bodies that an HTML form can send. Programs other than browsers
 * send neither header and pass.
 */
export const writeGuard: RequestHandler = (req, _res, next) => {
  if (!readMethods.has(req.method)) {
    if (isForeign(req)) throw new Problem(403, 'Writes from another site are rejected');
    if (hasBody(req) && mediaType(req) !== 'application/json') {
      throw new Problem(415, 'The body must have the content type application/json');
    }
  }
  next();
};

function isForeign(req: Request): boolean {
  const { origin, 'sec-fetch-site': site } = req.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && !isOwnOrigin(req, origin);
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;

const mediaType = ({ headers }: Request): string | undefined =>
  headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
