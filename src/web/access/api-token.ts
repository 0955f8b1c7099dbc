import type { Request, RequestHandler } from 'express';
import { Problem } from '../http/problem.ts';
import { credentials, isSecret } from '../http/secret.ts';
import type { AccessConfig, Login } from './login.ts';

/** Whether the request carries API_TOKEN, or needs none: without API_TOKEN the API is open, on loopback only. */
export function hasToken(req: Request, { http, access }: AccessConfig): boolean {
  if (access.apiToken === undefined) return http.isLoopback;
  const given = credentials(req.headers.authorization, 'Bearer');
  return given !== undefined && isSecret(given, access.apiToken);
}

/** Also lets pass whom another handler admitted. */
export function requireToken(config: AccessConfig): RequestHandler {
  return (req, res, next) => {
    if (res.locals['isAdmitted'] !== true && !hasToken(req, config)) {
      throw new Problem(401, 'Takes the API token: Authorization: Bearer <API_TOKEN>', {
        'WWW-Authenticate': 'Bearer realm="skywire-inbox"',
      });
    }
    next();
  };
}

/** On loopback open; else for whoever has the API token or is the admin. */
export function requireOperator(config: AccessConfig, login: Login): RequestHandler {
  return (req, _res, next) => {
    if (!config.http.isLoopback && !hasToken(req, config) && login.roleOf(req) !== 'admin') {
      throw new Problem(401, 'Takes the API token, or the login of the admin', {
        'WWW-Authenticate': 'Bearer realm="skywire-inbox", Basic realm="skywire-inbox", charset="UTF-8"',
      });
    }
    next();
  };
}
