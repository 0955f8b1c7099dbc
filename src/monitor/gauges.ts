/**
 * The readings as gauges, read at scrape time. Pump and web export the same values: use max() over the processes. A value that
 * could not be read is absent, and `readable` is 0.
 */
import { Gauge, type Registry } from 'prom-client';
import { clear } from '../observe/metrics.ts';
import type { OtherGroup } from './other-groups.ts';
import type { LossReading } from './read-losses.ts';
import type { ServerReading } from './read-server.ts';
import type { StreamReading } from './read-stream.ts';
import { jobStates, type Readings, type TakeReadings } from './readings.ts';

type Samples = (readings: Readings) => [labels: Record<string, string>, value: number][];

/** Idempotent per registry: the roles of `npm start` share a process. */
export function exposeReadings(registry: Registry, take: TakeReadings): void {
  if (registry.getSingleMetric('skywire_inbox_readable')) return;
  const gauge = (name: string, help: string, labelNames: string[], samples: Samples) =>
    new Gauge({
      name: `skywire_inbox_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const found = samples(await take());
        clear(this, labelNames);
        for (const [labels, value] of found) this.set(labels, value);
      },
    });

  const ofStreams = (name: string, help: string, pick: (stream: StreamReading) => number) =>
    gauge(name, help, ['stream'], ({ streams = [] }) =>
      streams.map((one) => [{ stream: one.stream }, pick(one)]),
    );
  const ofOtherGroups = (name: string, help: string, pick: (group: OtherGroup) => number) =>
    gauge(name, help, ['stream', 'group'], ({ streams = [] }) =>
      streams.flatMap(({ stream, otherGroups }) =>
        otherGroups.map(
          (one) => [{ stream, group: one.group }, pick(one)] as [Record<string, string>, number],
        ),
      ),
    );
  const ofServers = (
    name: string,
    help: string,
    pick: (server: ServerReading) => number | boolean | undefined,
  ) =>
    gauge(name, help, ['server'], ({ servers }) =>
      Object.entries(servers).flatMap(([server, one]) => {
        const value = one && pick(one);
        return value === undefined ? [] : [[{ server }, Number(value)]];
      }),
    );

  gauge('readable', '1 if the gauges of this part could be read from Redis', ['part'], (readings) => [
    [{ part: 'streams' }, Number(readings.streams !== undefined)],
    [{ part: 'queues' }, Number(readings.queues !== undefined)],
    [{ part: 'parked' }, Number(readings.parked !== undefined)],
    ...Object.entries(readings.servers).map(
      ([name, server]) =>
        [{ part: `redis_${name}` }, Number(server !== undefined)] as [{ part: string }, number],
    ),
  ]);

  ofStreams('stream_entries', 'Entries in the stream', (one) => one.length);
  ofStreams('stream_unread', 'Stream entries that no pump has read yet', (one) => one.unread);
  ofStreams(
    'stream_unread_age_seconds',
    'Age of the oldest stream entry that no pump has read yet; 0: none',
    (one) => one.unreadAgeMs / 1_000,
  );
  ofStreams(
    'stream_pending',
    'Stream entries that a pump has read and not acknowledged',
    (one) => one.pending,
  );
  ofStreams(
    'stream_pending_age_seconds',
    'Age of the oldest stream entry that was read and not acknowledged; 0: none',
    (one) => one.pendingAgeMs / 1_000,
  );

  ofStreams(
    'stream_ids_ahead_seconds',
    'How far the newest id is ahead of the clock of its Redis, if over a minute: then the ages above are 0; 0: not ahead',
    (one) => one.aheadMs / 1_000,
  );
  const ofLosses = (name: string, help: string, pick: (losses: LossReading) => number) =>
    gauge(name, help, ['stream'], ({ losses = [] }) =>
      losses.map((one) => [{ stream: one.stream }, pick(one)]),
    );
  ofLosses(
    'lost_while_pending',
    'Entries that were trimmed while they were pending, noted within the replay window: lost',
    (one) => one.pending,
  );
  ofLosses(
    'lost_unread',
    'Entries that another program removed before they were read, noted within the replay window: lost; an unknown number counts as 1',
    (one) => one.unread,
  );
  ofLosses(
    'cursor_lost',
    'Times within the replay window that the Redis of queues and inboxes had forgotten how far the stream was read',
    (one) => one.cursors,
  );

  ofOtherGroups(
    'other_group_entries',
    'Stream entries that another consumer group has not read or not acknowledged',
    (one) => one.entries,
  );
  ofOtherGroups(
    'other_group_overdue_seconds',
    'How much older than the replay window the oldest of these is, which blocks trimming; 0: it blocks nothing',
    (one) => one.overdueMs / 1_000,
  );

  gauge('jobs', 'Jobs by queue and state', ['queue', 'state'], ({ queues = [] }) =>
    queues.flatMap((one) =>
      jobStates.map((state): [Record<string, string>, number] => [{ queue: one.queue, state }, one[state]]),
    ),
  );
  gauge(
    'queue_standing_seconds',
    'How long jobs have waited in the queue without any being started; 0: none waits, or a person paused or limited it',
    ['queue'],
    ({ queues = [] }) =>
      queues.flatMap(({ queue, standing }) => (standing ? [[{ queue }, standing.ms / 1_000]] : [])),
  );
  gauge('parked_matches', 'Parked matches that need an operator, by reason', ['reason'], ({ parked = {} }) =>
    Object.entries(parked).map(([reason, count]) => [{ reason }, count]),
  );

  gauge(
    'books_entries',
    'The running balance: entries read, and what became of them; read = all others + in flight',
    ['verdict'],
    ({ balance }) =>
      balance
        ? [
            [{ verdict: 'read' }, balance.read],
            ...Object.entries(balance.settled).map(
              ([verdict, count]) => [{ verdict }, count] as [Record<string, string>, number],
            ),
          ]
        : [],
  );
  gauge('books_in_flight', 'Entries that were read and have no verdict yet', [], ({ balance }) =>
    balance ? [[{}, balance.inFlight]] : [],
  );
  gauge('books_drift', 'Entries read that the books do not account for: 0, or a bug', [], ({ balance }) =>
    balance ? [[{}, balance.drift]] : [],
  );

  gauge(
    'canary_age_seconds',
    'Time since the canary, our own test match, last arrived, on the stream furthest behind; absent: never arrived, or none is sent',
    [],
    ({ canaryAgeMs }) => (canaryAgeMs === undefined ? [] : [[{}, canaryAgeMs / 1_000]]),
  );

  ofServers(
    'redis_memory_used_bytes',
    'Memory that Redis uses of its limit: as maxmemory counts it or, if that is not set, its resident memory',
    (one) => one.usedBytes,
  );
  ofServers(
    'redis_memory_limit_bytes',
    'maxmemory or, if not set, the memory of its machine; absent: unknown',
    (one) => one.limitBytes || undefined,
  );
  ofServers('redis_evicted_keys', 'Keys that Redis evicted since it started', (one) => one.evictedKeys);
  ofServers('redis_may_evict', '1 if the eviction policy is not noeviction', (one) => one.mayEvict);
  ofServers(
    'redis_durable',
    '1 if the append-only file is on and its last write succeeded',
    (one) => one.isDurable,
  );
  ofServers('redis_replicas', 'Connected replicas', (one) => one.replicas);
}
