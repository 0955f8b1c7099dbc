import type { RequestHandler } from 'express';
import { isLoopbackHost, type PublicUrl } from '../../config/config.ts';
import { Problem } from './problem.ts';

const hostHeader = /^([a-z0-9._-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;

/**
 * On loopback everything may be open. So, against DNS rebinding, the Host header must be a loopback name or PUBLIC_URL's, with any port.
 */
export const hostGuard =
  (publicUrl: PublicUrl | undefined): RequestHandler =>
  (req, _res, next) => {
    const host = hostHeader.exec(req.headers.host ?? '')?.[1]?.toLowerCase();
    if (host === undefined || !(isLoopbackHost(host) || host === publicUrl?.hostname)) {
      throw new Problem(
        421,
        'This server listens on loopback: the Host must be localhost, 127.0.0.1, [::1] or that of PUBLIC_URL',
      );
    }
    next();
  };
