/** Composition: which parts make up each role. Every role is started by one function and ended by its stop(). */
import { hostname } from 'node:os';
import type { Ports } from '../processors/index.ts';
import type { Config } from './config.ts';
import { createFeedTokens } from './inbox/feed-tokens.ts';
import { createInboxReader } from './inbox/inbox-reader.ts';
import { createInboxWatch } from './inbox/inbox-watch.ts';
import { createInboxWriter } from './inbox/inbox-writer.ts';
import type { Events } from './observe/events.ts';
import type { Logger } from './observe/logger.ts';
import type { Metrics } from './observe/metrics.ts';
import { exposeReadings } from './operate/gauges.ts';
import { startOverview } from './operate/overview.ts';
import { createReadings, type ReadingsOptions, type TakeReadings } from './operate/readings.ts';
import { parkedByReason } from './parked/groups.ts';
import { startParked } from './parked/parked.ts';
import { createBrake } from './pump/brake.ts';
import { createCursor } from './pump/cursor.ts';
import { startPump } from './pump/pump.ts';
import { createSource } from './pump/source.ts';
import type { RedisClient } from './redis/connections.ts';
import type { OpenRedis } from './redis/open-redis.ts';
import { openQueues, type Queues } from './redis/queues.ts';
import { createDirectory, createDirectoryRouter, directRouter } from './subscriptions/directory.ts';
import { type HealthSource, startHealthServer } from './web/health-routes.ts';
import { startWebServer } from './web/server.ts';
import { withCrashPoints } from './workers/crash-points.ts';
import { createJobs, isWorkersOutage } from './workers/jobs.ts';
import { startWorkers } from './workers/workers.ts';

export interface AppContext {
  config: Config;
  redis: OpenRedis;
  log: Logger;
  events: Events;
  metrics: Metrics;
}

export interface Running {
  /** Idempotent, bounded. */
  stop(): Promise<void>;
}

/** Running jobs get this long to end. */
const STOP_WORKERS_WITHIN_MS = 5_000;

export function startPumpRole(context: AppContext): Running {
  const { config, redis, events } = context;
  const commands = redis.connect(redis.skywire, 'commands', 'pump');
  const home = redis.connect(redis.home, 'commands', 'pump-queue');
  const queues = openQueues(home, config.delivery.attempts);
  const brake = createBrake(queues, home, config.work.maxWaitingJobs);
  const { group } = config.stream;
  const consumer = `${hostname()}-${process.pid}-${Date.now().toString(36)}`;
  const pumps = config.stream.keys.map((stream) => {
    const reader = redis.connect(redis.skywire, 'reader', 'pump-reader');
    const source = createSource({ reader, commands, stream, group, consumer });
    const cursor = createCursor({ home, commands, stream, group });
    const interruptRead = () => reader.disconnect(true);
    return startPump({
      source,
      queues,
      brake,
      cursor,
      events,
      batchSize: config.work.batchSize,
      interruptRead,
    });
  });
  exposeReadings(context.metrics.registry, openReadings(context, home, queues));
  return once(async () => {
    await Promise.all(pumps.map((pump) => pump.stop()));
    await queues.close();
  });
}

export function startWorkerRole({ config, redis, events }: AppContext): Running {
  events.workerStarts();
  const client = redis.connect(redis.home, 'commands', 'worker');
  const queues = openQueues(client, config.delivery.attempts);
  const ports: Ports = {
    inboxes: withCrashPoints(createInboxWriter(client, config.inbox)),
    router: config.routing === 'direct' ? directRouter : createDirectoryRouter(client),
    jobs: createJobs(queues, events),
    isOutage: isWorkersOutage,
  };
  const workers = startWorkers({
    client: redis.connect(redis.home, 'queue', 'worker-queue'),
    ports,
    events,
    concurrency: config.work.concurrency,
    deliveryBackoff: config.delivery.backoff,
  });
  return once(async () => {
    await workers.stop(STOP_WORKERS_WITHIN_MS);
    await queues.close();
  });
}

export async function startWebRole(context: AppContext): Promise<Running & { url: string }> {
  const { config, redis, log } = context;
  const client = redis.connect(redis.home, 'commands', 'web');
  const queues = openQueues(client, config.delivery.attempts);
  const watch = createInboxWatch({
    reader: redis.connect(redis.home, 'reader', 'live'),
    commands: client,
    onTrouble: (error) => context.events.trouble('live streams', error),
  });
  const parked = startParked({ client, queues, log });
  const readParked = () => parkedByReason(parked.index);
  const takeReadings = openReadings(context, client, queues, readParked);
  exposeReadings(context.metrics.registry, takeReadings);
  const overview = startOverview({ client, queues, group: config.stream.group, takeReadings });
  const server = await startWebServer({
    config,
    client,
    watch,
    log,
    queues,
    inboxes: createInboxReader(client),
    feedTokens: createFeedTokens(client),
    directory: createDirectory(client),
    parked,
    overview,
    health: healthOf(context),
  });
  const running = once(async () => {
    await Promise.all([server.stop(), parked.stop(), overview.stop()]);
    await watch.stop();
  });
  return { ...running, url: server.url };
}

/** What stands in Redis; the worker does not look: it needs no right to Skywire's stream. */
function openReadings(
  { config, redis }: AppContext,
  home: RedisClient,
  queues: Queues,
  readParked?: ReadingsOptions['readParked'],
): TakeReadings {
  const isTwoServers = redis.skywire.address !== redis.home.address;
  return createReadings({
    home,
    skywire: isTwoServers ? redis.connect(redis.skywire, 'commands', 'readings') : home,
    isTwoServers,
    queues,
    streams: config.stream.keys,
    group: config.stream.group,
    ...(readParked && { readParked }),
  });
}

/** Health and metrics of pump and worker, where HEALTH_PORT asks for them. */
export async function startHealth(context: AppContext): Promise<Running | undefined> {
  const { config, redis, log } = context;
  if (config.http.healthPort === undefined) return undefined;
  const client: RedisClient = redis.connect(redis.home, 'commands', 'health');
  const http = { ...config.http, port: config.http.healthPort };
  return startHealthServer({ config: { ...config, http }, client, health: healthOf(context), log });
}

function healthOf({ metrics }: AppContext): HealthSource {
  return { checks: () => Promise.resolve({}), registry: metrics.registry };
}

function once(stop: () => Promise<void>): Running {
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
