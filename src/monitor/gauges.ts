/**
 * The readings as gauges, read at scrape time. Pump and web export the same values: use max() over the processes. A value that
 * could not be read is absent, and `readable` is 0.
 */
import { Gauge, type Registry } from 'prom-client';
import type { Readings, TakeReadings } from './readings.ts';

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
        this.reset();
        for (const [labels, value] of found) this.set(labels, value);
      },
    });

  const ofStreams = (pick: (stream: NonNullable<Readings['streams']>[number]) => number): Samples => {
    return ({ streams = [] }) => streams.map((one) => [{ stream: one.stream }, pick(one)]);
  };
  const ofServers = (
    pick: (server: NonNullable<Readings['servers']['home']>) => number | boolean,
  ): Samples => {
    return ({ servers }) =>
      Object.entries(servers).flatMap(([server, one]) => (one ? [[{ server }, Number(pick(one))]] : []));
  };

  gauge('readable', '1 if the gauges of this part could be read from Redis', ['part'], (readings) => [
    [{ part: 'streams' }, Number(readings.streams !== undefined)],
    [{ part: 'queues' }, Number(readings.queues !== undefined)],
    [{ part: 'parked' }, Number(readings.parked !== undefined)],
    ...Object.entries(readings.servers).map(
      ([name, server]) =>
        [{ part: `redis_${name}` }, Number(server !== undefined)] as [{ part: string }, number],
    ),
  ]);

  gauge(
    'stream_entries',
    'Entries in the stream',
    ['stream'],
    ofStreams((one) => one.length),
  );
  gauge(
    'stream_unread',
    'Stream entries that no pump has read yet',
    ['stream'],
    ofStreams((one) => one.unread),
  );
  gauge(
    'stream_unread_age_seconds',
    'Age of the oldest stream entry that no pump has read yet; 0: none',
    ['stream'],
    ofStreams((one) => one.unreadAgeMs / 1_000),
  );
  gauge(
    'stream_pending',
    'Stream entries that a pump has read and not acknowledged',
    ['stream'],
    ofStreams((one) => one.pending),
  );
  gauge(
    'stream_pending_age_seconds',
    'Age of the oldest stream entry that was read and not acknowledged; 0: none',
    ['stream'],
    ofStreams((one) => one.pendingAgeMs / 1_000),
  );

  gauge('jobs', 'Jobs by queue and state', ['queue', 'state'], ({ queues = [] }) =>
    queues.flatMap(({ queue, jobs }) =>
      Object.entries(jobs).map(
        ([state, count]) => [{ queue, state }, count] as [Record<string, string>, number],
      ),
    ),
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
    'Time since the canary, our own test match, last arrived in its inbox; absent: never',
    [],
    ({ canaryAgeMs }) => (canaryAgeMs === undefined ? [] : [[{}, canaryAgeMs / 1_000]]),
  );

  gauge(
    'redis_memory_used_bytes',
    'Memory that Redis uses',
    ['server'],
    ofServers((one) => one.usedBytes),
  );
  gauge(
    'redis_memory_limit_bytes',
    'maxmemory or, if not set, the memory of its machine; 0: unknown',
    ['server'],
    ofServers((one) => one.limitBytes),
  );
  gauge(
    'redis_evicted_keys',
    'Keys that Redis evicted since it started',
    ['server'],
    ofServers((one) => one.evictedKeys),
  );
  gauge(
    'redis_may_evict',
    '1 if the eviction policy is not noeviction',
    ['server'],
    ofServers((one) => one.mayEvict),
  );
  gauge(
    'redis_durable',
    '1 if the append-only file is on and its last write succeeded',
    ['server'],
    ofServers((one) => one.isDurable),
  );
  gauge(
    'redis_replicas',
    'Connected replicas',
    ['server'],
    ofServers((one) => one.replicas),
  );
}
