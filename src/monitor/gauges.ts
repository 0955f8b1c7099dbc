/**
 * The readings as gauges, taken when Prometheus asks. Pump and web show them, each the same: take max() over the processes. What
 * could not be read is not there, and `readable` says so.
 */
import { Gauge, type Registry } from 'prom-client';
import type { ServerReading } from './read-server.ts';
import type { StreamReading } from './read-stream.ts';
import type { Readings, TakeReadings } from './readings.ts';

type Samples = (readings: Readings) => [labels: Record<string, string>, value: number][];

/** Twice for one registry is harmless: the roles of `npm start` share a process. */
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

  const ofStreams = (name: string, help: string, pick: (stream: StreamReading) => number) =>
    gauge(name, help, ['stream'], ({ streams = [] }) =>
      streams.map((one) => [{ stream: one.stream }, pick(one)]),
    );
  const ofServers = (name: string, help: string, pick: (server: ServerReading) => number | boolean) =>
    gauge(name, help, ['server'], ({ servers }) =>
      Object.entries(servers).flatMap(([server, one]) => (one ? [[{ server }, Number(pick(one))]] : [])),
    );

  gauge('readable', '1 where the gauges of this part could be read from Redis', ['part'], (readings) => [
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

  gauge('jobs', 'Jobs by queue and state', ['queue', 'state'], ({ queues = [] }) =>
    queues.flatMap(({ queue, ...jobs }) =>
      Object.entries(jobs).map(
        ([state, count]) => [{ queue, state }, count] as [Record<string, string>, number],
      ),
    ),
  );
  gauge('parked_matches', 'Parked matches that wait for a person, by reason', ['reason'], ({ parked = {} }) =>
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
  gauge('books_in_flight', 'Entries that are read and on their way', [], ({ balance }) =>
    balance ? [[{}, balance.inFlight]] : [],
  );
  gauge('books_drift', 'Entries read that are nowhere in the books: 0, or a bug', [], ({ balance }) =>
    balance ? [[{}, balance.drift]] : [],
  );

  gauge(
    'canary_age_seconds',
    'Since our own test match last arrived in its inbox; not there: none ever did',
    [],
    ({ canaryAgeMs }) => (canaryAgeMs === undefined ? [] : [[{}, canaryAgeMs / 1_000]]),
  );

  ofServers('redis_memory_used_bytes', 'Memory that Redis uses', (one) => one.usedBytes);
  ofServers(
    'redis_memory_limit_bytes',
    'maxmemory, or the memory of its machine where none is set; 0: it does not say',
    (one) => one.limitBytes,
  );
  ofServers('redis_evicted_keys', 'Keys that Redis evicted since it started', (one) => one.evictedKeys);
  ofServers('redis_may_evict', '1 where the eviction policy is not noeviction', (one) => one.mayEvict);
  ofServers(
    'redis_durable',
    '1 while Redis keeps an append-only file and its last write went well',
    (one) => one.isDurable,
  );
  ofServers('redis_replicas', 'Replicas that are connected', (one) => one.replicas);
}
