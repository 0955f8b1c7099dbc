/** The operator's API, all behind the login: session, figures, inboxes, parked matches, log. */
import type { Express } from 'express';
import { z } from 'zod';
import type { Queues } from '../../lanes/queues.ts';
import type { Parked } from '../../parked/parked.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { actorIn, type Login, requireLogin, roleIn } from '../access/login.ts';
import { noStore, serveGet } from '../http/base-app.ts';
import { defineRoute, mountRoutes, type Route } from '../http/route.ts';
import { discardRoutes } from './discard-routes.ts';
import { exportParked } from './export-parked.ts';
import { type OperatorInboxDeps, operatorInboxRoutes } from './inbox-routes.ts';
import { logQuery } from './inputs.ts';
import { type OverviewSource, overviewRoutes } from './overview-routes.ts';
import { parkedRoutes } from './parked-routes.ts';

export interface OperatorDeps extends OperatorInboxDeps {
  queues: Queues;
  parked: Parked;
  client: RedisClient;
  login: Login;
  overview: OverviewSource;
  environmentName: string | undefined;
}

export function mountOperator(app: Express, deps: OperatorDeps): void {
  app.use('/operator', noStore, requireLogin(deps.login));
  serveGet(app, '/operator/session', (_req, res) => {
    res.json({ who: actorIn(res).name, role: roleIn(res), environment: deps.environmentName ?? null });
  });
  serveGet(app, '/operator/parked/export', exportParked(deps));
  mountRoutes(app, [
    ...overviewRoutes(deps.overview),
    ...parkedRoutes(deps),
    ...discardRoutes(deps.parked),
    ...operatorInboxRoutes(deps, deps.parked.operatorLog),
    logRoute(deps.parked),
  ]);
}

const logRoute = ({ operatorLog }: Parked): Route =>
  defineRoute({
    id: 'readOperatorLog',
    method: 'get',
    path: '/operator/log',
    summary: 'What operators changed, newest first',
    params: z.object({}),
    query: logQuery,
    responses: { 200: { description: 'Done' } },
    async handler({ query: { limit, before } }) {
      return { status: 200, json: JSON.stringify({ actions: await operatorLog.latest(limit, before) }) };
    },
  });
