/** Composition: which parts make up each role. Every role is started by one function and ended by its stop(). */
import { hostname } from 'node:os';
import type { Ports } from '../processors/index.ts';
import { openPumpSources } from './app/pump-sources.ts';
import type { Config } from './config.ts';
import { createInboxWriter } from './inbox/inbox-writer.ts';
import type { Events } from './observe/events.ts';
import type { Logger } from './observe/logger.ts';
import type { Metrics } from './observe/metrics.ts';
import { exposeReadings } from './operate/gauges.ts';
import { createReadings, type ReadingsOptions, type TakeReadings } from './operate/readings.ts';
import { createBrake } from './pump/brake.ts';
import { type Canary, startCanary } from './pump/canary.ts';
import { createCursor } from './pump/cursor.ts';
import { createLosses } from './pump/losses.ts';
import { startPump } from './pump/pump.ts';
import { createTrimmer } from './pump/trimmer.ts';
import type { RedisClient } from './redis/connections.ts';
import type { OpenRedis } from './redis/open-redis.ts';
import { openQueues, type Queues } from './redis/queues.ts';
import { createDirectoryRouter, directRouter } from './subscriptions/directory.ts';
import type { HealthSource } from './web/health-routes.ts';
import { withCrashPoints } from './workers/crash-points.ts';
import { watchForDeafness } from './workers/deaf-watch.ts';
import { createJobs, isWorkersOutage } from './workers/jobs.ts';
import { startWorkers } from './workers/workers.ts';

export interface AppContext {
  config: Config;
  redis: OpenRedis;
  log: Logger;
  events: Events;
  metrics: Metrics;
  /** What /readyz asks beside Redis: true, or what is wrong. */
  checks: Map<string, () => true | string | Promise<true | string>>;
}

export interface Running {
  /** Idempotent, bounded. */
  stop(): Promise<void>;
}

/** Running jobs get this long to end. */
const STOP_WORKERS_WITHIN_MS = 5_000;
const CANARY_IS_LATE_MS = 120_000;

export function startPumpRole(context: AppContext): Running {
  const { config, redis, events } = context;
  const home = redis.connect(redis.home, 'commands', 'pump-queue');
  const queues = openQueues(home, config.delivery.attempts, config.stream.keys);
  const { group } = config.stream;
  const consumer = `${hostname()}-${process.pid}-${Date.now().toString(36)}`;
  const { address } = redis.home;
  const isOneServer = !config.relay && redis.skywire.address === address && address.kind !== 'cluster';
  const { sources, check, appendTo } = openPumpSources(context, consumer);
  const losses = createLosses(home, events);
  const windowMs = config.stream.retentionMs;
  const pumps = sources.map(({ source, interruptRead }) => {
    const cursor = createCursor({ home, source, group, isOneServer });
    const lane = queues.laneOf(source.stream);
    const brake = createBrake(lane, home, config.work.maxWaitingJobs);
    const trimmer = createTrimmer({ home, source, cursor, queues: [lane.name, 'fanout'], windowMs });
    const { batchSize } = config.work;
    const housekeep = async () => {
      const trimmed = await trimmer.trim();
      if (trimmed) events.trimmed(trimmed, source.stream);
      const vanished = await lane.books.reconcile();
      if (vanished) events.vanished(vanished);
      await lane.payloads.sweep();
    };
    return startPump({ source, queues, brake, cursor, housekeep, losses, events, batchSize, interruptRead });
  });
  if (config.relay) context.checks.set('relay', check);
  const takeReadings = openReadings(context, home, queues);
  const canary = startCanary({
    home,
    streams: config.stream.keys,
    append: appendTo,
    // A relay takes nothing: what stands beside it is Skywire's.
    everyMs: config.relay ? 0 : config.canary.everyMs,
    events,
  });
  exposeReadings(context.metrics.registry, takeReadings);
  if (config.canary.everyMs && !config.relay) context.checks.set('canary', canaryCheck(canary, takeReadings));
  return once(async () => {
    canary.stop();
    await Promise.all(pumps.map((pump) => pump.stop()));
    await Promise.all(sources.map(({ end }) => end()));
    await queues.close();
  });
}

/** Our own test match must arrive; a process that has just started, or a first one that is on its way, is given time. */
function canaryCheck(canary: Canary, takeReadings: TakeReadings): () => Promise<true | string> {
  const startedAt = Date.now();
  return async () => {
    const { canaryAgeMs = Number.POSITIVE_INFINITY } = await takeReadings();
    const ageMs = Math.min(canaryAgeMs, Date.now() - startedAt);
    return (
      canary.isGivenUp() ||
      ageMs < CANARY_IS_LATE_MS ||
      `our own test match has not come through for ${Math.round(ageMs / 1_000)} s`
    );
  };
}

export function startWorkerRole({ config, redis, events }: AppContext): Running {
  events.workerStarts();
  const client = redis.connect(redis.home, 'commands', 'worker');
  const queues = openQueues(client, config.delivery.attempts, config.stream.keys);
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
    queues,
  });
  const deafWatches = queues.lanes.map(({ queue }) =>
    watchForDeafness({
      queue,
      lastSignOfLife: workers.lastSignOfLife,
      isBusy: workers.isBusy,
      onDeaf(message) {
        events.deaf(message);
        process.exit(1);
      },
    }),
  );
  return once(async () => {
    for (const watch of deafWatches) watch.stop();
    await workers.stop(STOP_WORKERS_WITHIN_MS);
    await queues.close();
  });
}

/** What stands in Redis; the worker does not look: it needs no right to Skywire's stream. */
export function openReadings(
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
    // What lies behind a relay is read there.
    streams: config.relay ? [] : config.stream.keys,
    group: config.stream.group,
    ...(readParked && { readParked }),
  });
}

export function healthOf({ metrics, checks }: AppContext): HealthSource {
  return {
    checks: async () =>
      Object.fromEntries(await Promise.all([...checks].map(async ([name, check]) => [name, await check()]))),
    registry: metrics.registry,
  };
}

/** stop() that runs once, however often it is called. */
export function once(stop: () => Promise<void>): Running {
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
