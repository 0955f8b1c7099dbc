/** Bull Board over every queue: one board for the admin, one that only shows for the viewer, both at the same address. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AfterHook, AppControllerRoute, AppViewRoute, BeforeHook } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Express, RequestHandler } from 'express';
import { queues as definitions, queueNames } from '../../queues/index.ts';
import type { Logger } from '../observe/logger.ts';
import type { Queues } from '../redis/queues.ts';
import { noStore } from './base-app.ts';
import { within } from './deadline.ts';
import { viewJob } from './job-view.ts';
import { type Login, type Role, requireLogin, roleIn } from './login.ts';

const PATH = '/dashboard';
const LOOK_WITHIN_MS = 5_000;
const MAX_JOBS_PER_PAGE = 100;

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

export function mountDashboard(
  app: Express,
  { queues, login, log }: { queues: Queues; login: Login; log: Logger },
): void {
  const boards: Record<Role, RequestHandler> = {
    admin: createBoard(queues, log, { readOnlyMode: false }),
    viewer: createBoard(queues, log, { readOnlyMode: true }),
  };
  app.use(PATH, withHeaders, requireLogin(login), (req, res, next) => boards[roleIn(res)](req, res, next));
}

const withHeaders: RequestHandler = (req, res, next) => {
  res.set('Content-Security-Policy', contentPolicy);
  // Its page shows the member `error` of what is refused.
  res.locals['shownBy'] = 'bull-board';
  if (req.path.startsWith('/static/')) next();
  else noStore(req, res, next);
};

function createBoard(
  queues: Queues,
  log: Logger,
  { readOnlyMode }: { readOnlyMode: boolean },
): RequestHandler {
  const serverAdapter = new BoardServer();
  serverAdapter.setBasePath(PATH);
  createBullBoard({
    serverAdapter,
    queues: queueNames.map((name) => {
      const adapter = new BullMQAdapter(queues.byName[name], {
        readOnlyMode,
        description: definitions[name].description,
      });
      adapter.setFormatter('data', (data: unknown) => viewJob(data).shown);
      adapter.setFormatter('returnValue', (value: unknown) => viewJob(value).shown);
      return adapter;
    }),
    options: {
      uiConfig: { boardTitle: 'skywire-inbox', hideDocsLink: true, sortQueues: false },
      handlerHooks: { before: beforeRequest, after: noteChange(log) },
    },
  });
  serverAdapter.setErrorHandler((error) => {
    throw error;
  });
  const board = serverAdapter.getRouter() as Express;
  board.disable('x-powered-by').disable('etag');
  return board;
}

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

const beforeRequest: BeforeHook = async ({ route, request }) => {
  const { queues, params, query } = request;
  if (Number(query['jobsPerPage']) > MAX_JOBS_PER_PAGE) {
    request.query = { ...query, jobsPerPage: String(MAX_JOBS_PER_PAGE) };
  }
  if (!route.endsWith('/update-data')) return undefined;
  const job = await queues.get(String(params['queueName']))?.getJob(String(params['jobId']));
  if (!job || viewJob(job.toJSON().data).isWhole) return undefined;
  return {
    allow: false,
    status: 409,
    message: 'This job is not shown as it is: saving what is shown would spoil it',
  };
};

/** What a person changed here, for whoever asks later. */
const noteChange =
  (log: Logger): AfterHook =>
  ({ method, route, request: { params } }, result) => {
    if (method !== 'get' && (result.status ?? 200) < 300) {
      const { queueName: queue, jobId: job } = params;
      log.info(
        { action: route.split('/').slice(3).join('/'), queue, job },
        'changed by hand on the dashboard',
      );
    }
    return result;
  };
