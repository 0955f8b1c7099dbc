/** Bull Board over every queue: at the same address, one board for the admin and a read-only one for the viewer. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppControllerRoute, AppViewRoute, UIConfig } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Express, RequestHandler } from 'express';
import type { JobQueue } from '../../lanes/job-queue.ts';
import type { Queues } from '../../lanes/queues.ts';
import type { Logger } from '../../observe/logger.ts';
import type { ByHand } from '../../parked/by-hand.ts';
import type { OperatorLog } from '../../parked/operator-log.ts';
import { within } from '../../redis/deadline.ts';
import { actorIn, type Login, type Role, requireLogin, roleIn } from '../access/login.ts';
import { noStore } from '../http/base-app.ts';
import { asking, boardHooks } from './board-hooks.ts';
import { viewJob } from './job-view.ts';

const PATH = '/dashboard';
const LOOK_WITHIN_MS = 5_000;

/** Bull Board uses inline styles. */
const contentPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export interface DashboardDeps {
  queues: Queues;
  login: Login;
  operatorLog: OperatorLog;
  byHand: ByHand;
  environmentName: string | undefined;
  /** PUBLIC_URL's path. */
  base: string;
  log: Logger;
}

export function mountDashboard(app: Express, deps: DashboardDeps): void {
  const boards: Record<Role, RequestHandler> = {
    admin: createBoard(deps, { readOnlyMode: false }),
    viewer: createBoard(deps, { readOnlyMode: true }),
  };
  app.use(PATH, withHeaders, requireLogin(deps.login), (req, res, next) =>
    asking.run(actorIn(res), () => boards[roleIn(res)](req, res, next)),
  );
}

const withHeaders: RequestHandler = (req, res, next) => {
  res.set('Content-Security-Policy', contentPolicy);
  // Bull Board shows the member `error` of a failed request.
  res.locals['shownBy'] = 'bull-board';
  if (req.path.startsWith('/static/')) next();
  else noStore(req, res, next);
};

function createBoard(deps: DashboardDeps, { readOnlyMode }: { readOnlyMode: boolean }): RequestHandler {
  const { queues, environmentName, base } = deps;
  const serverAdapter = new BoardServer();
  serverAdapter.setBasePath(base + PATH);
  let shown = 0;
  const newlyOpened = () => {
    const adapters = queues.all.slice(shown).map((queue) => adapterOf(queue, readOnlyMode, base));
    shown = queues.all.length;
    return adapters;
  };
  const { addQueue } = createBullBoard({
    serverAdapter,
    queues: newlyOpened(),
    options: { uiConfig: uiConfig(environmentName, base), handlerHooks: boardHooks(deps) },
  });
  serverAdapter.setErrorHandler((error) => {
    throw error;
  });
  const board = serverAdapter.getRouter() as Express;
  board.disable('x-powered-by').disable('etag');
  return (req, res, next) => {
    newlyOpened().forEach(addQueue);
    board(req, res, next);
  };
}

function adapterOf(
  { name, definition, queue }: JobQueue,
  readOnlyMode: boolean,
  base: string,
): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode,
    description: definition.description,
    displayName: `${definition.label}: ${name}`,
    externalJobUrl: ({ id }) => ({
      displayText: 'Open in Parked',
      href: `${base}/parked?queue=${name}&job=${id}`,
    }),
  });
  adapter.setFormatter('data', (data: unknown) => viewJob(data, definition).shown);
  adapter.setFormatter('returnValue', (value: unknown) => viewJob(value).shown);
  return adapter;
}

const uiConfig = (environmentName: string | undefined, base: string): UIConfig => ({
  boardTitle: 'skywire-inbox',
  hideDocsLink: true,
  sortQueues: false,
  showMetrics: true,
  miscLinks: [
    { text: 'Overview', url: `${base}/` },
    { text: 'Inboxes', url: `${base}/inboxes` },
    { text: 'Parked matches, grouped', url: `${base}/parked` },
    { text: 'Inbox API', url: `${base}/api/docs` },
  ],
  ...(environmentName && {
    environment: {
      label: environmentName,
      color: /prod|live/i.test(environmentName) ? '#b42318' : '#175cd3',
      textColor: '#ffffff',
    },
  }),
});

class BoardServer extends ExpressAdapter {
  /** Without the font that Bull Board loads from Google. */
  override setEntryRoute(entry: AppViewRoute): ExpressAdapter {
    this.app.get(entry.route, (_req, res, next) => {
      const { name, params } = entry.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      res.render(name, params, (error: Error | null, html: string) => {
        if (error) next(error);
        else res.send(html.replace(/<link[^>]*fonts\.googleapis[^>]*>/g, ''));
      });
    });
    return this;
  }

  /** While Redis is unavailable, BullMQ's commands wait for it: answer 503 instead. */
  override setApiRoutes(routes: AppControllerRoute[]): ExpressAdapter {
    return super.setApiRoutes(
      routes.map((route) => {
        if (route.method !== 'get') return route;
        return {
          ...route,
          handler: (request) => within(LOOK_WITHIN_MS, Promise.resolve(route.handler(request))),
        };
      }),
    );
  }
}
