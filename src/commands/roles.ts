/** The long-running roles: each runs until a signal. */

import type { AppContext, Running } from '../app/context.ts';
import { howToLookUp } from '../config/bluesky-settings.ts';
import { type Command, parseCommandLine } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import type { Values } from '../config/settings.ts';
import { readVersion } from '../config/version.ts';
import { type ContextOptions, type RunCommand, withContext } from './context.ts';

type StartPart = (
  context: AppContext,
  signal: AbortSignal,
) => Running | undefined | Promise<Running | undefined>;

const listensOnPort = () => true;
const listensForHealth = (values: Values) => values.HEALTH_PORT !== undefined;

/** In order, until `signal` aborts; stopped in reverse, even if one of them throws. */
async function startParts(
  parts: readonly StartPart[],
  context: AppContext,
  signal: AbortSignal,
): Promise<Running> {
  const running: Running[] = [];
  const stop = async () => {
    for (const part of running.toReversed()) await part.stop();
  };
  try {
    for (const part of parts) {
      const started = signal.aborted ? undefined : await part(context, signal);
      if (started) running.push(started);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function role(
  name: string,
  about: string,
  listens: (values: Values) => boolean,
  parts: StartPart[],
  options: Omit<ContextOptions, 'signal'> = {},
): RunCommand {
  const command: Command<Record<never, never>> = {
    usage: howToRun(name),
    about,
    options: {},
  };
  return async ({ argv, signal }) => {
    parseCommandLine(command, argv);
    const run = async (context: AppContext) => {
      if (readsPosts(parts) && !context.config.lookups) context.log.info(howToLookUp);
      const running = await startParts(parts, context, signal);
      try {
        context.log.info(`${name} is running (skywire-inbox ${readVersion()})`);
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
        context.log.info(`${name} is stopping`);
      } finally {
        await running.stop();
      }
      context.log.info(`${name} has stopped`);
      return 0;
    };
    return withContext(name, listens, run, { ...options, signal });
  };
}

// Loaded on demand: a pump uses a third less memory without the pages.
const pump: StartPart = async (context) => (await import('../app/pump-role.ts')).startPumpRole(context);
const worker: StartPart = async (context) => (await import('../app/worker-role.ts')).startWorkerRole(context);

const startHealth: StartPart = async (context) => {
  if (context.config.http.healthPort === undefined) return undefined;
  return (await import('../app/health-role.ts')).startHealth(context);
};

const web: StartPart = async (context) => {
  const { startWebRole } = await import('../app/web-role.ts');
  const server = await startWebRole(context);
  const { publicUrl } = context.config.http;
  context.log.info(
    { inboxes: `${server.url}/inboxes`, dashboard: `${server.url}/dashboard`, api: `${server.url}/api` },
    `pages: ${server.url}/${publicUrl ? `, for others ${publicUrl.href}/` : ''}`,
  );
  return server;
};

/** Asks Bluesky, or shows what it answered. */
const readsPosts = (parts: readonly StartPart[]) => parts.includes(web) || parts.includes(worker);

const relay: StartPart = async (context) => {
  const { startRelayRole } = await import('../app/relay-role.ts');
  const started = await startRelayRole(context);
  context.log.info(`pumps connect to ${started.url}`);
  return started;
};

/** The whole system, with a simulated Bluesky. */
const demo: StartPart = async (context, signal) => {
  const { startDemoBluesky, startDemoSkywire } = await import('./demo.ts');
  const made = await startDemoBluesky(context);
  const skywire: StartPart = (asking) => startDemoSkywire(asking, made?.bluesky);
  const parts = [() => made, worker, pump, web, skywire];
  return startParts(parts, made?.context ?? context, signal);
};

export const roles = {
  start: role(
    'start',
    'The whole system in one process: pump, worker, web, and an embedded Redis unless REDIS_URL is set.',
    listensOnPort,
    [worker, pump, web],
    { traces: true },
  ),
  demo: role(
    'demo',
    'The whole system with a simulated Skywire that fills the inboxes, and a simulated Bluesky that has its posts.',
    listensOnPort,
    [demo],
    { traces: true },
  ),
  pump: role('pump', 'Moves matches from the stream into the queue.', listensForHealth, [pump, startHealth], {
    traces: true,
  }),
  worker: role(
    'worker',
    'Delivers matches from the queues into inboxes.',
    listensForHealth,
    [worker, startHealth],
    { needsSkywire: false, traces: true },
  ),
  relay: role(
    'relay',
    "Runs next to Skywire's Redis and serves its stream over WebSocket to pumps that cannot reach that Redis.",
    listensForHealth,
    [relay, startHealth],
    { skywireOnly: true, anyServer: true },
  ),
  web: role('web', 'Dashboard, API and health.', listensOnPort, [web], { needsSkywire: false }),
};
