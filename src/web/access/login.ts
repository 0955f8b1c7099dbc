/** HTTP Basic login for the operator's pages: ADMIN_USER may change things, `viewer` is read-only. */
import type { Request, RequestHandler, Response } from 'express';
import type { Config } from '../../config/config.ts';
import type { Actor } from '../../parked/operator-log.ts';
import { Problem } from '../http/problem.ts';
import { clientOf } from '../http/public-url.ts';
import { createRateLimit, networkOf } from '../http/rate-limit.ts';
import { credentials, isSecret } from '../http/secret.ts';

export type Role = 'admin' | 'viewer';
export type AccessConfig = Pick<Config, 'http' | 'access'>;

export interface Login {
  /** undefined: not logged in. Throws Problem 429 after too many failed logins. */
  roleOf(req: Request): Role | undefined;
  /** For other logins: throws Problem 429 after too many failed ones from the address of this request; `failed` counts one. */
  mayTry(req: Request): void;
  failed(req: Request): void;
  /** As written to the operator log. */
  nameOf(role: Role): string;
}

/**
 * Wrong logins of an address. Once they are used up, even the right password must wait, because its answer would reveal it; but never longer
 * than one more attempt takes.
 */
const wrongLogins = { atOnce: 20, everyMs: 3_000 };

export function createLogin({ http, access }: AccessConfig): Login {
  const limit = createRateLimit(wrongLogins);
  const { adminUser, adminPassword, viewerPassword } = access;
  function check(userAndPassword: Buffer): Role | undefined {
    const colon = userAndPassword.indexOf(':');
    const user = userAndPassword.subarray(0, Math.max(colon, 0));
    const password = userAndPassword.subarray(colon + 1);
    const matches = (name: string, secret: string | undefined): boolean => {
      const isPassword = isSecret(password, secret ?? '');
      return isSecret(user, name) && isPassword && secret !== undefined && colon >= 0;
    };
    const isViewer = matches('viewer', viewerPassword);
    if (matches(adminUser, adminPassword)) return 'admin';
    return isViewer ? 'viewer' : undefined;
  }
  const addressOf = (req: Request): string => networkOf(clientOf(req));
  function mayTry(req: Request): void {
    const waitS = limit.waitS(addressOf(req));
    if (waitS > 0) {
      throw new Problem(429, 'Too many failed logins from this address', { 'Retry-After': String(waitS) });
    }
  }
  const failed = (req: Request): void => limit.spend(addressOf(req));
  return {
    mayTry,
    failed,
    roleOf(req) {
      if (adminPassword === undefined && http.isLoopback) return 'admin';
      const given = credentials(req.headers.authorization, 'Basic');
      if (given === undefined) return undefined;
      mayTry(req);
      const role = check(given);
      if (role === undefined) failed(req);
      return role;
    },
    nameOf(role) {
      if (role === 'viewer') return 'viewer';
      return adminPassword === undefined ? 'anybody (no password is set)' : adminUser;
    },
  };
}

const BASIC = 'Basic realm="skywire-inbox", charset="UTF-8"';

/** Admits the admin, and the viewer for GET and HEAD; handlers get the role from `roleIn`. */
export function requireLogin(login: Login): RequestHandler {
  return (req, res, next) => {
    const role = login.roleOf(req);
    if (role === undefined) throw new Problem(401, 'Log in', { 'WWW-Authenticate': BASIC });
    if (role === 'viewer' && req.method !== 'GET' && req.method !== 'HEAD') {
      throw new Problem(403, 'The viewer login is read-only');
    }
    res.locals['role'] = role;
    res.locals['actor'] = { name: login.nameOf(role), address: clientOf(req) };
    next();
  };
}

export const roleIn = (res: Response): Role => res.locals['role'] as Role;
export const actorIn = (res: Response): Actor => res.locals['actor'] as Actor;
