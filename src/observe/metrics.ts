/** Prometheus metrics of one process. Labels are low-cardinality: never a name from outside. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** A gauge that is not known is absent: reset() of one without labels sets 0, as its constructor does. */
export function clear(gauge: Gauge, labelNames: readonly string[]): void {
  gauge.reset();
  if (!labelNames.length) gauge.remove();
}

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `skywire_inbox_${name}`, help, labelNames, registers: [registry] });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) => {
    const made = new Gauge({ name: `skywire_inbox_${name}`, help, labelNames, registers: [registry] });
    clear(made, labelNames);
    return made;
  };
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) => new Histogram({ name: `skywire_inbox_${name}`, help, buckets, labelNames, registers: [registry] });
  return {
    registry,
    about: gauge('about', 'Always 1; the version and role of this process', ['version', 'role']),
    entriesRead: counter(
      'entries_read_total',
      'Stream entries added to the queue and acknowledged by this pump',
    ),
    entriesReclaimed: counter(
      'entries_reclaimed_total',
      'Stream entries claimed from a consumer that left them pending',
    ),
    entriesLost: counter(
      'entries_trimmed_while_pending_total',
      'Stream entries that were trimmed while they were pending: lost',
    ),
    unreadLost: counter(
      'entries_trimmed_unread_total',
      'Stream entries that another program removed before they were read: lost; an unknown number counts as 1',
    ),
    canariesSent: counter('canaries_sent_total', 'Canaries, our own test matches, that this pump appended'),
    trimmed: counter(
      'entries_trimmed_total',
      'Stream entries that this pump trimmed because they were no longer needed',
    ),
    verdicts: counter('verdicts_total', 'Verdicts on matches, by queue', ['queue', 'verdict']),
    parked: counter('parked_total', 'Matches parked, by reason', ['reason']),
    lookups: counter(
      'lookups_total',
      'Names, posts and record keys looked up at Bluesky for readers, by outcome',
      ['kind', 'outcome'],
    ),
    lookupCalls: counter(
      'lookup_calls_total',
      'Lookup calls: to the AppView, the directory of DIDs (plc), authors’ servers (pds)',
      ['server', 'outcome'],
    ),
    postponed: counter('jobs_postponed_total', 'Jobs delayed because of an outage', ['queue']),
    maintenanceRounds: counter(
      'maintenance_rounds_total',
      'Maintenance rounds that this worker completed; each covers every inbox once',
    ),
    itemsWithoutId: counter(
      'greader_items_without_id_total',
      'Items that the Google Reader API cannot show, since their stream ids exceed its range; counted when they are read',
    ),
    latency: histogram(
      'delivery_latency_seconds',
      'From the XADD of an entry to the end of its job, by queue; replays excluded',
      [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600],
      ['queue'],
    ),
    jobDuration: histogram(
      'job_duration_seconds',
      'Run time of a job, by queue and outcome',
      [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 20],
      ['queue', 'outcome'],
    ),
    batchSize: histogram(
      'batch_entries',
      'Stream entries in a batch that a worker finished',
      [1, 2, 5, 10, 25, 50, 100, 200, 500, 1_000, 10_000],
    ),
    triedAgain: counter(
      'job_retries_total',
      'Job retries: after a failure, an outage, a crashed worker, or by hand',
      ['queue'],
    ),
    errors: counter(
      'errors_total',
      'Unexpected errors and lost connections, including repeats left out of the log',
    ),
    discarded: counter(
      'discarded_total',
      'Parked matches that this process discarded for an operator on /parked',
    ),
    logLinesDropped: counter(
      'log_lines_dropped_total',
      'Log lines dropped because standard output was not being read',
    ),
    pumpPaused: gauge(
      'pump_braked',
      '1 while backpressure pauses the pump: too many jobs wait, or Redis is nearly full',
    ),
  };
}
