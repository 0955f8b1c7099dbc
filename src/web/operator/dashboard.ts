/** Bull Board over every queue: one board for the admin, one that only shows for the viewer, both at the same address. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppControllerRoute, AppViewRoute, UIConfig } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Express, RequestHandler } from 'express';
import { queues as definitions, type QueueName } from '../../../queues/index.ts';
import type { Queues } from '../../lanes/queues.ts';
import type { Logger } from '../../observe/logger.ts';
import type { OperatorLog } from '../../parked/operator-log.ts';
import { within } from '../../redis/deadline.ts';
import { actorIn, type Login, type Role, requireLogin, roleIn } from '../access/login.ts';
import { noStore } from '../http/base-app.ts';
import { asking, boardHooks } from './board-hooks.ts';
import { viewJob } from './job-view.ts';

const PATH = '/dashboard';
const LOOK_WITHIN_MS = 5_000;

/** Its page brings styles in its elements. */
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
  environmentName: string | undefined;
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
  // Its page shows the member `error` of what is refused.
  res.locals['shownBy'] = 'bull-board';
  if (req.path.startsWith('/static/')) next();
  else noStore(req, res, next);
};

function createBoard(
  { queues, operatorLog, environmentName, log }: DashboardDeps,
  { readOnlyMode }: { readOnlyMode: boolean },
): RequestHandler {
  const serverAdapter = new BoardServer();
  serverAdapter.setBasePath(PATH);
  createBullBoard({
    serverAdapter,
    queues: queues.all.map(({ name, kind, queue }) => {
      const adapter = new BullMQAdapter(queue, {
        readOnlyMode,
        description: definitions[kind].description,
        displayName: `${groups[kind]}: ${name}`,
        externalJobUrl: ({ id }) => ({
          displayText: 'Open on the page Parked',
          href: `/parked?queue=${name}&job=${id}`,
        }),
      });
      adapter.setFormatter('data', (data: unknown) => viewJob(data).shown);
      adapter.setFormatter('returnValue', (value: unknown) => viewJob(value).shown);
      return adapter;
    }),
    options: { uiConfig: uiConfig(environmentName), handlerHooks: boardHooks(operatorLog, log) },
  });
  serverAdapter.setErrorHandler((error) => {
    throw error;
  });
  const board = serverAdapter.getRouter() as Express;
  board.disable('x-powered-by').disable('etag');
  return board;
}

const groups: Record<QueueName, string> = {
  matches: 'On the way',
  fanout: 'On the way',
  parked: 'Waiting for a person',
};

const uiConfig = (environmentName: string | undefined): UIConfig => ({
  boardTitle: 'skywire-inbox',
  hideDocsLink: true,
  sortQueues: false,
  showMetrics: true,
  miscLinks: [
    { text: 'Overview', url: '/' },
    { text: 'Parked matches, grouped', url: '/parked' },
    { text: 'API of the inboxes', url: '/api/docs' },
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
  /** Its page asks another site for a font, and does well without. */
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

  /** While Redis is out, BullMQ's commands wait for it: whoever looks is told instead. */
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
