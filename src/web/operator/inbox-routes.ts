/** Inboxes for the operator's page: the routes of the API behind the login; changes go to the operator log. */
import type { Request } from 'express';
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import type { Actor, LoggedAction, OperatorLog } from '../../parked/operator-log.ts';
import { encodeName, nameHash } from '../../redis/keys.ts';
import { roleIn } from '../access/login.ts';
import { feedTokenRoutes } from '../api/feed-token-routes.ts';
import { type InboxListDeps, inboxListRoutes } from '../api/inbox-list-routes.ts';
import { encodedName } from '../http/inputs.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Reply, type Route } from '../http/route.ts';

export interface OperatorInboxDeps extends InboxListDeps {
  config: Pick<Config, 'access'>;
  feedTokens: FeedTokens;
}

interface Change {
  action: string;
  /** Logged before it is done: no erasure may be missing from the log. */
  isNotedFirst?: true;
  /** The feed token concerned. */
  token?(req: Request, reply: Reply): unknown;
}

const changes: Record<string, Change> = {
  eraseInbox: { action: 'erase an inbox', isNotedFirst: true },
  createFeedToken: {
    action: 'make a feed token',
    token: (_req, { json = '{}' }) => (JSON.parse(json) as { id?: string }).id,
  },
  revokeFeedToken: { action: 'revoke a feed token', token: (req) => req.params['id'] },
};

/** The log names an inbox by the hash of its name, so that no name of an erased person stays there. */
const inLog = (inbox: string): string => nameHash(inbox);

export function operatorInboxRoutes(deps: OperatorInboxDeps, log: OperatorLog): Route[] {
  const ours = [...inboxListRoutes(deps), ...feedTokenRoutes(deps.feedTokens)];
  return [...ours.map((route) => forOperators(route, deps.config, log)), logOfInbox(log)];
}

function forOperators(route: Route, { access }: Pick<Config, 'access'>, log: OperatorLog): Route {
  const path = route.path.replace('/api/', '/operator/');
  if (route.id === 'listInboxes') return { ...route, path };
  const { action, isNotedFirst, token }: Partial<Change> = changes[route.id] ?? {};
  return {
    ...route,
    path,
    async answer(req, signal) {
      requireAdmin(req, access);
      const inbox = encodeName(String(req.params['subscriber']));
      const note = async (about: object = {}) => {
        if (action === undefined || inbox === undefined) return;
        await log.note(req.res!.locals['actor'] as Actor, action, { inbox_sha256: inLog(inbox), ...about });
      };
      if (isNotedFirst) await note();
      const reply = await route.answer(req, signal);
      if (!isNotedFirst) await note({ token: token?.(req, reply) });
      return reply;
    },
  };
}

function requireAdmin(req: Request, { adminPassword, apiToken }: Config['access']): void {
  if (roleIn(req.res!) !== 'admin') throw new Problem(403, 'Feed tokens and erasing are for the admin login');
  // Without ADMIN_PASSWORD every request counts as the admin's, which would bypass API_TOKEN.
  if (adminPassword === undefined && apiToken !== undefined)
    throw new Problem(
      403,
      'API_TOKEN is set: for feed tokens and erasing on this page set ADMIN_PASSWORD, too',
    );
}

const logOfInbox = (log: OperatorLog): Route =>
  defineRoute({
    id: 'readInboxLog',
    method: 'get',
    path: '/operator/inboxes/:subscriber/log',
    summary: 'What operators did to an inbox, also to one that is erased; newest first',
    params: z.object({ subscriber: encodedName }),
    responses: { 200: { description: 'Done' } },
    async handler({ params }) {
      const isAbout = ({ what }: LoggedAction) => what['inbox_sha256'] === inLog(params.subscriber);
      const actions = (await log.latest(10_000)).filter(isAbout).slice(0, 100);
      return { status: 200, json: JSON.stringify({ actions }) };
    },
  });
