/** The web role: API, dashboard and health on one port. */
import type { Config } from '../config.ts';
import type { FeedTokens } from '../inbox/feed-tokens.ts';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { InboxWatch } from '../inbox/inbox-watch.ts';
import type { Logger } from '../observe/logger.ts';
import type { Parked } from '../parked/parked.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { Queues } from '../redis/queues.ts';
import type { Directory } from '../subscriptions/directory.ts';
import { type Description, mountApiDocs } from './api-docs.ts';
import { requireToken } from './api-token.ts';
import { createBaseApp, noStore, serveGet } from './base-app.ts';
import { mountDashboard } from './dashboard.ts';
import { mountFeeds } from './feeds/feed-routes.ts';
import { feedTokenRoutes } from './feeds/feed-token-routes.ts';
import { type HealthSource, mountHealth } from './health-routes.ts';
import { inboxRoutes } from './inbox-routes.ts';
import { listen, type WebServer } from './listen.ts';
import { createLive, type Live, type LiveLimits } from './live/live.ts';
import { liveRoutes } from './live/live-routes.ts';
import { createLogin } from './login.ts';
import { describeApi } from './openapi.ts';
import { mountOperator } from './operator-routes.ts';
import type { OverviewSource } from './overview-routes.ts';
import { mountPages } from './pages.ts';
import { mountReader } from './reader/reader-routes.ts';
import { admitReaders, createReaderAccess } from './reader-access.ts';
import { mountRoutes, type Route } from './route.ts';
import { subscriptionRoutes } from './subscription-routes.ts';

export interface WebDeps {
  config: Pick<Config, 'http' | 'access' | 'environmentName'>;
  queues: Queues;
  inboxes: InboxReader;
  feedTokens: FeedTokens;
  watch: InboxWatch;
  liveLimits?: Partial<LiveLimits>;
  directory: Directory;
  parked: Parked;
  overview: OverviewSource;
  /** Answers whether Redis is there. */
  client: RedisClient;
  health: HealthSource;
  log: Logger;
}

/** Listens at HOST and PORT. Throws ListenError. Closes none of what it was given. */
export async function startWebServer(deps: WebDeps): Promise<WebServer & { live: Live }> {
  const { config, log, liveLimits } = deps;
  const { host, port } = config.http;
  const live = createLive(deps, liveLimits);
  const server = await listen(createWebApp({ ...deps, live }), { host, port, setting: 'PORT' }, log);
  return {
    ...server,
    live,
    stop() {
      live.stop();
      return server.stop();
    },
  };
}

type ApiDeps = Pick<WebDeps, 'inboxes' | 'feedTokens' | 'directory'> & { live: Live };

export const apiRoutes = ({ inboxes, feedTokens, live, directory }: ApiDeps): Route[] => [
  ...inboxRoutes(inboxes),
  ...liveRoutes(live),
  ...feedTokenRoutes(feedTokens),
  ...subscriptionRoutes(directory),
];

function createWebApp(deps: WebDeps & { live: Live }) {
  const { config, log } = deps;
  const login = createLogin(config);
  const access = createReaderAccess(config, login, deps.feedTokens);
  const routes = apiRoutes(deps);
  const description = describeApi(routes);
  return createBaseApp(config, log, (app) => {
    mountHealth(app, deps, login);
    const { environmentName } = config;
    mountDashboard(app, { ...deps, ...deps.parked, login, environmentName });
    mountOperator(app, { ...deps, login, environmentName });
    mountPages(app, login);
    mountFeeds(app, deps);
    mountReader(app, access, deps.feedTokens);
    mountApiDocs(app, description as Description);
    app.use('/api', noStore);
    app.use('/api/inboxes/:subscriber', admitReaders(access));
    app.use('/api', requireToken(config));
    mountRoutes(app, routes);
    serveGet(app, '/openapi.json', (_req, res) => {
      res.json(description);
    });
    serveGet(app, '/favicon.ico', (_req, res) => {
      res.status(204).end();
    });
  });
}
