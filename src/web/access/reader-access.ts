/**
 * Who may read one inbox and mark its items: the API token, a token of that inbox, or, on the reader page only, a login.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import { encodeName } from '../../redis/keys.ts';
import { Problem } from '../http/problem.ts';
import { publicUrlOf } from '../http/public-url.ts';
import { credentials } from '../http/secret.ts';
import { hasToken } from './api-token.ts';
import type { AccessConfig, Login } from './login.ts';

export const TOKEN_COOKIE = 'skywire_inbox_token';
const inCookie = new RegExp(`(?:^|;\\s*)${TOKEN_COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`);

export const hasTokenCookie = (cookies = ''): boolean => inCookie.test(cookies);

export interface Admission {
  /** `look`: read-only. */
  may: 'all' | 'look';
  /** The feed token that it depends on. */
  feedToken?: string;
}

export interface ReaderAccess {
  of(req: Request, inbox: string, takesLogin: boolean): Promise<Admission | undefined>;
  /** WWW-Authenticate values for a 401; each needs its own header, since Chromium reads only the first challenge of one. */
  challenges(takesLogin: boolean): string[];
}

export function createReaderAccess(config: AccessConfig, login: Login, feedTokens: FeedTokens): ReaderAccess {
  // Without ADMIN_PASSWORD every request counts as the admin's, which would bypass API_TOKEN.
  const hasLogin = config.access.adminPassword !== undefined;
  return {
    async of(req, inbox, takesLogin) {
      if (hasToken(req, config)) return { may: 'all' };
      const bearer = credentials(req.headers.authorization, 'Bearer')?.toString();
      for (const token of [bearer, inCookie.exec(req.headers.cookie ?? '')?.[1]])
        if (token !== undefined && (await feedTokens.inboxOf(token)) === inbox)
          return { may: 'all', feedToken: token };
      const role = hasLogin && takesLogin ? login.roleOf(req) : undefined;
      return role && { may: role === 'viewer' ? 'look' : 'all' };
    },
    challenges: (takesLogin) => [
      'Bearer realm="skywire-inbox"',
      ...(hasLogin && takesLogin ? ['Basic realm="skywire-inbox", charset="UTF-8"'] : []),
    ],
  };
}

/** Sent with this request, right or wrong. */
const hasCredentials = ({ headers }: Request): boolean =>
  headers.authorization !== undefined || hasTokenCookie(headers.cookie);

const isFromReaderPage = (req: Request): boolean =>
  (req.headers.referer ?? '').startsWith(`${publicUrlOf(req)}/reader/`) ||
  (req.headers['sec-fetch-site'] === 'same-origin' && req.headers['sec-fetch-mode'] === 'cors');

/** Whether a request below `/api/inboxes/:subscriber` takes the API token alone. */
const isForPrograms = ({ path, method }: Request): boolean =>
  path.startsWith('/feed-tokens') || (method === 'DELETE' && path === '/');

/** Lets readers of this inbox pass `requireToken`, except to manage its feed tokens and to erase it. */
export function admitReaders(access: ReaderAccess): RequestHandler {
  return async (req, res, next) => {
    const inbox = encodeName(String(req.params['subscriber']));
    if (inbox !== undefined && !isForPrograms(req)) {
      const takesLogin = isFromReaderPage(req);
      const admission = await access.of(req, inbox, takesLogin);
      if (admission?.may === 'look' && req.method !== 'GET' && req.method !== 'HEAD')
        throw new Problem(403, 'The viewer login is read-only');
      if (admission === undefined)
        throw new Problem(401, 'API token or a token of this inbox required', {
          // If the link of an open page was revoked, or the password changed, the page says so: the browser must not ask for a password.
          'WWW-Authenticate': access.challenges(takesLogin && !hasCredentials(req)),
        });
      res.locals['isAdmitted'] = true;
      res.locals['feedToken'] = admission.feedToken;
    }
    next();
  };
}

/** The feed token with which admitReaders admitted this request; undefined: it was admitted in another way. */
export const feedTokenIn = (res: Response): string | undefined =>
  res.locals['feedToken'] as string | undefined;
