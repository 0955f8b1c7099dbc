/**
 * The Google Reader API for feed readers, at /greader and /api/greader.php: docs/reading-inboxes.md.
 * Owns all addresses below these two, and passes none of them on: the guards of the other routes refuse forms, and Origin: file://.
 * It needs neither, since no cookie and no login counts here.
 */
import { hash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import type { Logger } from '../../observe/logger.ts';
import { within } from '../../redis/deadline.ts';
import type { Login } from '../access/login.ts';
import { logFailure, Problem, toProblem } from '../http/problem.ts';
import { publicUrlOf } from '../http/public-url.ts';
import { createRateLimit } from '../http/rate-limit.ts';
import { whileWaitedFor } from '../http/waited-for.ts';
import { type Answer, send, text } from './answer.ts';
import type { ReaderDeps } from './call.ts';
import { badToken, clientLogin, tokenInHeader } from './credentials.ts';
import { type Endpoint, findEndpoint } from './endpoints.ts';
import { isForm, type Params, paramsOf, readParams } from './params.ts';

export interface GreaderDeps extends ReaderDeps {
  feedTokens: FeedTokens;
  login: Login;
  log: Logger;
}

/** Of a token. Some clients send two requests for each article. */
const perToken = { atOnce: 1_000, everyMs: 50 };
/** Ten thousand marks take their time. */
const ANSWER_WITHIN_MS = 15_000;

const bases = /^(?:\/(?:greader|api\/greader\.php)(?=\/|$))+/;

/** Path below the base, and query. undefined: not ours. A base may be repeated, and slashes too. */
function addressIn(url: string): { path: string; query: URLSearchParams } | undefined {
  const [path = '', ...query] = url.split('?');
  const single = path.replace(/\/{2,}/g, '/');
  if (!bases.test(single)) return undefined;
  const below = single.replace(bases, '').replace(/\/$/, '');
  return { path: below, query: new URLSearchParams(query.join('?')) };
}

export function createGreader(deps: GreaderDeps): RequestHandler {
  const limit = createRateLimit(perToken);

  async function admitted(token: string): Promise<string> {
    const inbox = await within(ANSWER_WITHIN_MS, deps.feedTokens.inboxOf(token));
    if (inbox === undefined) throw badToken();
    const key = hash('sha256', token, 'base64');
    const waitS = limit.waitS(key);
    if (waitS > 0) throw new Problem(429, 'Too many requests', { 'Retry-After': String(waitS) });
    limit.spend(key);
    return inbox;
  }

  async function answerReader(
    req: Request,
    { handler, methods, readsBody, streamName }: Endpoint,
    query: URLSearchParams,
  ): Promise<Answer> {
    const inHeader = tokenInHeader(req);
    let params: Params | undefined;
    if (inHeader === undefined && req.method === 'POST' && isForm(req)) params = await readParams(req, query);
    const token = inHeader ?? params?.inBody('T')?.trim() ?? '';
    const inbox = await admitted(token);
    if (!methods.includes(req.method)) throw notAllowed(methods);
    params ??=
      readsBody && req.method === 'POST'
        ? await readParams(req, query)
        : paramsOf(new URLSearchParams(), query);
    const call = { inbox, token, params, streamName, publicUrl: publicUrlOf(req) };
    return whileWaitedFor(req, ANSWER_WITHIN_MS, (signal) => handler(deps, { ...call, signal }));
  }

  async function answer(req: Request, path: string, query: URLSearchParams): Promise<Answer> {
    if (path === '') return text('OK');
    if (path === '/accounts/ClientLogin') {
      if (req.method !== 'POST') throw new Problem(400, 'Email and Passwd are required, by POST');
      const params = await readParams(req, query);
      return within(ANSWER_WITHIN_MS, clientLogin(deps, req, params));
    }
    if (!path.startsWith('/reader/')) throw new Problem(404, 'Not found');
    return answerReader(req, findEndpoint(path), query);
  }

  return (req, res, next) => {
    const address = addressIn(req.url);
    if (!address) {
      next();
      return;
    }
    if (req.method === 'OPTIONS') {
      res.status(204).end();
      return;
    }
    const { path, query } = address;
    answer(req, path, query)
      .then((found) => send(req, res, found))
      .catch((error: unknown) => refuse(deps.log, req, res, error));
  };
}

const notAllowed = (methods: readonly string[]): Problem =>
  new Problem(405, `Allowed methods: ${methods.join(', ')}`, { Allow: methods.join(', ') });

/** Short text: clients fail on JSON here, one even on an empty list. */
function refuse(log: Logger, req: Request, res: Response, error: unknown): void {
  const problem = toProblem(error);
  const hasGone = res.destroyed || req.socket.destroyed;
  if (problem.status >= 500 && !hasGone) logFailure(log, error, problem.status, req.method, '/greader');
  if (res.headersSent || hasGone) {
    res.destroy();
    return;
  }
  res.set(problem.headers);
  void send(req, res, text(problem.detail, problem.status)).catch(() => res.destroy());
}
