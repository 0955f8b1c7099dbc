import type { Request, RequestHandler } from 'express';
import { Problem } from './problem.ts';

const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A browser sends a login along with what another site's page asks for: such a write is refused by where it says that it comes
 * from, and by the bodies that a form can send. A program that is no browser sends neither header and is let through.
 */
export const writeGuard: RequestHandler = (req, _res, next) => {
  if (!readMethods.has(req.method)) {
    if (isForeign(req)) throw new Problem(403, 'A write from another site is refused');
    if (hasBody(req) && mediaType(req) !== 'application/json') {
      throw new Problem(415, 'The body takes the content type application/json');
    }
  }
  next();
};

function isForeign({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && !isSameHost(headers.origin, headers.host);
}

/** The scheme is not compared: behind a proxy that ends TLS it differs. */
function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  const here = `${protocol}//${host}`;
  return originHost !== '' && URL.canParse(here) && new URL(here).host === originHost;
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;

const mediaType = ({ headers }: Request): string | undefined =>
  headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
