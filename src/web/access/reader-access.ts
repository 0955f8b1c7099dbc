/**
 * Who may read one inbox, and mark what is in it: the API token, a token of that very inbox, or, on the reader page, a login.
 * A login opens the API to that page alone: to programs it says nothing.
 */
import type { Request, RequestHandler } from 'express';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import { encodeName } from '../../redis/keys.ts';
import { originOf } from '../http/origin.ts';
import { Problem } from '../http/problem.ts';
import { credentials } from '../http/secret.ts';
import { hasToken } from './api-token.ts';
import type { AccessConfig, Login } from './login.ts';

export const TOKEN_COOKIE = 'skywire_inbox_token';
const inCookie = new RegExp(`(?:^|;\\s*)${TOKEN_COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`);

export interface ReaderAccess {
  /** `look`: reads and marks nothing. */
  of(req: Request, inbox: string, takesLogin: boolean): Promise<'all' | 'look' | undefined>;
  /** What a request without access is told to bring; each a header of its own, or Chromium sees the first one only. */
  challenges(takesLogin: boolean): string[];
}

export function createReaderAccess(config: AccessConfig, login: Login, feedTokens: FeedTokens): ReaderAccess {
  // Without a password everybody would be the admin, past an API token that is set.
  const hasLogin = config.access.adminPassword !== undefined;
  return {
    async of(req, inbox, takesLogin) {
      if (hasToken(req, config)) return 'all';
      const bearer = credentials(req.headers.authorization, 'Bearer')?.toString();
      for (const token of [bearer, inCookie.exec(req.headers.cookie ?? '')?.[1]])
        if (token !== undefined && (await feedTokens.inboxOf(token)) === inbox) return 'all';
      const role = hasLogin && takesLogin ? login.roleOf(req) : undefined;
      return role === 'viewer' ? 'look' : role && 'all';
    },
    challenges: (takesLogin) => [
      'Bearer realm="skywire-inbox"',
      ...(hasLogin && takesLogin ? ['Basic realm="skywire-inbox", charset="UTF-8"'] : []),
    ],
  };
}

const isFromReaderPage = (req: Request): boolean =>
  (req.headers.referer ?? '').startsWith(`${originOf(req)}/reader/`) ||
  (req.headers['sec-fetch-site'] === 'same-origin' && req.headers['sec-fetch-mode'] === 'cors');

/** Lets whoever may read this inbox pass `requireToken`. Tokens of an inbox are made by others. */
export function admitReaders(access: ReaderAccess): RequestHandler {
  return async (req, res, next) => {
    const inbox = encodeName(String(req.params['subscriber']));
    if (inbox !== undefined && !req.path.startsWith('/feed-tokens')) {
      const takesLogin = isFromReaderPage(req);
      const may = await access.of(req, inbox, takesLogin);
      if (may === 'look' && req.method !== 'GET' && req.method !== 'HEAD')
        throw new Problem(403, 'The user viewer may look and change nothing');
      if (may === undefined)
        throw new Problem(401, 'Takes the API token, or a token of this inbox', {
          'WWW-Authenticate': access.challenges(takesLogin),
        });
      res.locals['isAdmitted'] = true;
    }
    next();
  };
}
