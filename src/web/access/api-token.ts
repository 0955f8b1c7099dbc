import type { Request, RequestHandler } from 'express';
import { Problem } from '../http/problem.ts';
import { credentials, isSecret } from '../http/secret.ts';
import type { AccessConfig, Login } from './login.ts';

/** True with a valid API_TOKEN. Without API_TOKEN set, the API is open on loopback. */
export function hasToken(req: Request, { http, access }: AccessConfig): boolean {
  if (access.apiToken === undefined) return http.isLoopback;
  const given = credentials(req.headers.authorization, 'Bearer');
  return given !== undefined && isSecret(given, access.apiToken);
}

/** Also passes requests that admitReaders let in. */
export function requireToken(config: AccessConfig): RequestHandler {
  return (req, res, next) => {
    if (res.locals['isAdmitted'] !== true && !hasToken(req, config)) {
      throw new Problem(401, 'API token required: Authorization: Bearer <API_TOKEN>', {
        'WWW-Authenticate': 'Bearer realm="skywire-inbox"',
      });
    }
    next();
  };
}

/** Open on loopback, unless PUBLIC_URL is set; elsewhere requires the API token or the admin login. */
export function requireOperator(config: AccessConfig, login: Login): RequestHandler {
  const { http, access } = config;
  const isSet = access.apiToken !== undefined || access.adminPassword !== undefined;
  const isOpen = http.isLoopback && !(http.publicUrl && isSet);
  // A missing secret opens everything on loopback, which would open this, too.
  const isOperator = (req: Request): boolean =>
    (access.apiToken !== undefined && hasToken(req, config)) ||
    (access.adminPassword !== undefined && login.roleOf(req) === 'admin');
  return (req, _res, next) => {
    if (!isOpen && !isOperator(req)) {
      throw new Problem(401, 'API token or admin login required', {
        'WWW-Authenticate': 'Bearer realm="skywire-inbox", Basic realm="skywire-inbox", charset="UTF-8"',
      });
    }
    next();
  };
}
