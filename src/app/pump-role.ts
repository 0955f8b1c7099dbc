/** Moves matches from the stream into the queue. */
import { hostname } from 'node:os';
import { openQueues } from '../lanes/queues.ts';
import { exposeReadings } from '../monitor/gauges.ts';
import type { TakeReadings } from '../monitor/readings.ts';
import { standingCheck, watchStanding } from '../monitor/standing.ts';
import { createReasonCount } from '../parked/index/count-reasons.ts';
import { createAdder } from '../pump/adder.ts';
import { createBackpressure } from '../pump/backpressure.ts';
import { type Canary, startCanary } from '../pump/canary.ts';
import { createCursor } from '../pump/cursor.ts';
import { createLosses } from '../pump/losses.ts';
import { createMarks } from '../pump/marks.ts';
import { RECOVER_EVERY_MS, startPump } from '../pump/pump.ts';
import { traced } from '../pump/traced.ts';
import { createTrimmer } from '../pump/trimmer.ts';
import { createUnreadLosses } from '../pump/unread-losses.ts';
import { type AppContext, once, type Running } from './context.ts';
import { watchLeftovers } from './leftovers.ts';
import { openPumpSources } from './pump-sources.ts';
import { openReadings } from './readings.ts';

const CANARY_IS_LATE_MS = 120_000;

export function startPumpRole(context: AppContext, { recoverEveryMs = RECOVER_EVERY_MS } = {}): Running {
  const { config, redis, events, tracing } = context;
  events.pumpStarts();
  const home = redis.connect(redis.home, 'commands', 'pump-queue');
  const queues = openQueues(home, config.delivery.attempts, config.stream.keys, {
    telemetry: tracing?.telemetry,
  });
  const { group } = config.stream;
  const consumer = `${hostname()}-${process.pid}-${Date.now().toString(36)}`;
  const { address } = redis.home;
  const isOneServer = !config.relay && redis.skywire.address === address && address.kind !== 'cluster';
  const { sources, check, appendTo } = openPumpSources(context, consumer);
  const losses = createLosses(home, events);
  const windowMs = config.stream.retentionMs;
  const pumps = sources.map(({ source, interruptRead }, nth) => {
    const unreadLosses = createUnreadLosses({
      home,
      source,
      group,
      isFar: Boolean(config.relay),
      losses,
      events,
    });
    const cursor = createCursor({
      home,
      source,
      group,
      isOneServer,
      windowMs,
      async onReplaced(from) {
        events.streamReplaced(from, source.stream);
        await unreadLosses.replaced(from);
      },
      onReadAgain: (again) => losses.noteReadAgain(again, source.stream),
    });
    const lane = queues.laneOf(source.stream);
    const backpressure = createBackpressure(lane, home, config.work.maxWaitingJobs);
    const trimmer = createTrimmer({
      source,
      cursor,
      marks: createMarks({ home, stream: source.stream, group, windowMs }),
      holding: queues.holding(source.stream),
      kept: () => queues.kept(source.stream),
      windowMs,
    });
    const { batchSize } = config.work;
    const housekeep = async () => {
      await unreadLosses.save();
      const trimmed = await trimmer.trim();
      if (trimmed) events.trimmed(trimmed, source.stream);
      const vanished = await lane.tidy();
      if (vanished) events.vanished(vanished);
    };
    const facts = { stream: source.stream, partition: nth + 1 };
    return startPump({
      ...traced(tracing, facts, {
        source: unreadLosses.watched(source),
        adder: createAdder(lane, batchSize, events),
      }),
      beforeRead: unreadLosses.look,
      backpressure,
      cursor,
      housekeep,
      losses,
      events,
      batchSize,
      interruptRead,
      recoverEveryMs,
    });
  });
  if (config.relay) context.checks.set('relay', check);
  const readReasons = createReasonCount(home, queues.parked.queue);
  const standing = watchStanding(home, queues);
  context.checks.set('queues', () => standingCheck(standing.of, queues));
  const takeReadings = openReadings(context, home, queues, readReasons, standing.of);
  const canary = startCanary({
    home,
    streams: config.stream.keys,
    append: appendTo,
    // Nothing can be appended through a relay.
    everyMs: config.relay ? 0 : config.canary.everyMs,
    events,
  });
  exposeReadings(context.metrics.registry, takeReadings);
  if (config.canary.everyMs && !config.relay) context.checks.set('canary', canaryCheck(canary, takeReadings));
  const leftovers = watchLeftovers(queues, events, { onLook: (lane) => lane.tidy() });
  return once(async () => {
    leftovers.stop();
    standing.stop();
    canary.stop();
    await Promise.all(pumps.map((pump) => pump.stop()));
    await Promise.all(sources.map(({ end }) => end()));
    await queues.close();
  });
}

/** The canary must arrive in time, counted from the start of the process at the earliest. */
function canaryCheck(canary: Canary, takeReadings: TakeReadings): () => Promise<true | string> {
  const startedAt = performance.now();
  return async () => {
    const { canaryAgeMs = Number.POSITIVE_INFINITY, canaryStream = 'any stream' } = await takeReadings();
    const ageMs = Math.min(canaryAgeMs, performance.now() - startedAt);
    return (
      canary.isGivenUp() ||
      ageMs < CANARY_IS_LATE_MS ||
      `the canary, our own test match of ${canaryStream}, has not arrived for ${Math.round(ageMs / 1_000)} s`
    );
  };
}
