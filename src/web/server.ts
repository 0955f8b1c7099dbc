/** The web role: API, feeds, reader page, operator's pages and health on one port. */
import type { Express } from 'express';
import type { Reading } from '../bluesky/reading/reading.ts';
import type { Config } from '../config/config.ts';
import type { Erase } from '../inbox/erase/erase.ts';
import type { Erasures } from '../inbox/erase/erased.ts';
import type { FeedTokens } from '../inbox/feed-tokens.ts';
import type { InboxIds } from '../inbox/ids/inbox-ids.ts';
import type { InboxList } from '../inbox/inbox-list.ts';
import type { InboxReader } from '../inbox/read/inbox-reader.ts';
import type { Served } from '../inbox/served.ts';
import type { InboxWatch } from '../inbox/watch/inbox-watch.ts';
import type { Queues } from '../lanes/queues.ts';
import type { Logger } from '../observe/logger.ts';
import type { Parked } from '../parked/parked.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { Directory } from '../subscriptions/directory.ts';
import { requireToken } from './access/api-token.ts';
import { createLogin } from './access/login.ts';
import { admitReaders, createReaderAccess } from './access/reader-access.ts';
import { type Description, mountApiDocs } from './api/api-docs.ts';
import { feedTokenRoutes } from './api/feed-token-routes.ts';
import { inboxListRoutes } from './api/inbox-list-routes.ts';
import { inboxRoutes } from './api/inbox-routes.ts';
import { inboxSubscriptionRoutes } from './api/inbox-subscription-routes.ts';
import { createItemJson, type ItemJson } from './api/item-json.ts';
import { createLive, type Live, type LiveLimits } from './api/live/live.ts';
import { liveRoutes } from './api/live/live-routes.ts';
import { subscriptionRoutes } from './api/subscription-routes.ts';
import { mountFeeds } from './feeds/feed-routes.ts';
import { createGreader } from './greader/greader.ts';
import { createBaseApp, noStore, serveGet } from './http/base-app.ts';
import { type HealthSource, mountHealth } from './http/health-routes.ts';
import { listen, type WebServer } from './http/listen.ts';
import { describeApi } from './http/openapi.ts';
import { mountRoutes, type Route } from './http/route.ts';
import { mountDashboard } from './operator/dashboard.ts';
import type { OverviewSource } from './operator/overview-routes.ts';
import { mountPages } from './operator/pages.ts';
import { mountOperator } from './operator/routes.ts';
import { createPictures, type Pictures } from './post/pictures.ts';
import { mountReader } from './reader/reader-routes.ts';

export interface WebDeps {
  config: Pick<Config, 'http' | 'access' | 'environmentName' | 'lookups' | 'media'>;
  queues: Queues;
  inboxes: InboxReader;
  inboxIds: InboxIds;
  served: Served;
  inboxList: InboxList;
  erase: Erase;
  erasures: Erasures;
  feedTokens: FeedTokens;
  watch: InboxWatch;
  /** What is known from Bluesky about the posts that are read. */
  reading: Reading;
  liveLimits?: Partial<LiveLimits>;
  directory: Directory;
  parked: Parked;
  overview: OverviewSource;
  /** For the readiness check. */
  client: RedisClient;
  health: HealthSource;
  log: Logger;
}

/** Listens at HOST and PORT. Throws ListenError. Does not close its dependencies. */
export async function startWebServer(deps: WebDeps): Promise<WebServer & { live: Live }> {
  const { config, log, liveLimits } = deps;
  const { host, port } = config.http;
  const pictures = createPictures(config.media);
  const itemJson = createItemJson(pictures);
  const live = createLive({ ...deps, itemJson }, liveLimits);
  const server = await listen(
    createWebApp({ ...deps, live, pictures, itemJson }),
    { host, port, setting: 'PORT' },
    log,
  );
  return {
    ...server,
    live,
    stop() {
      live.stop();
      return server.stop();
    },
  };
}

type ApiDeps = Pick<WebDeps, 'inboxes' | 'reading' | 'inboxList' | 'erase' | 'feedTokens' | 'directory'> & {
  live: Live;
  itemJson: ItemJson;
};

export const apiRoutes = ({ inboxes, itemJson, feedTokens, live, directory, ...deps }: ApiDeps): Route[] => [
  ...inboxListRoutes({ inboxes, live, ...deps }),
  ...inboxRoutes(inboxes, itemJson, deps.reading),
  ...inboxSubscriptionRoutes(inboxes, directory),
  ...liveRoutes(live),
  ...feedTokenRoutes(feedTokens),
  ...subscriptionRoutes(directory, deps.inboxList),
];

function createWebApp(deps: WebDeps & { live: Live; pictures: Pictures; itemJson: ItemJson }) {
  const { config, log } = deps;
  const login = createLogin(config);
  const access = createReaderAccess(config, login, deps.feedTokens);
  const routes = apiRoutes(deps);
  const { publicUrl } = config.http;
  const base = publicUrl?.path ?? '';
  const description = describeApi(routes, publicUrl?.href);
  const greader = createGreader({ ...deps, login });
  const addRoutes = (app: Express): void => {
    mountHealth(app, deps, login);
    const { environmentName } = config;
    mountDashboard(app, { ...deps, ...deps.parked, login, environmentName, base });
    mountOperator(app, { ...deps, login, environmentName });
    mountPages(app, login, config);
    mountFeeds(app, deps);
    mountReader(app, { access, feedTokens: deps.feedTokens, media: config.media, base });
    mountApiDocs(app, description as Description, base);
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
  };
  return createBaseApp(config, log, addRoutes, greader);
}
