/** Counters of one process, in Prometheus' format. Labels have few values: never a name from outside. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `skywire_inbox_${name}`, help, labelNames, registers: [registry] });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `skywire_inbox_${name}`, help, labelNames, registers: [registry] });
  return {
    registry,
    entriesRead: counter(
      'entries_read_total',
      'Stream entries added to the queue and acknowledged by this pump',
    ),
    entriesReclaimed: counter(
      'entries_reclaimed_total',
      'Stream entries taken over from a consumer that left them pending',
    ),
    entriesLost: counter(
      'entries_trimmed_while_pending_total',
      'Stream entries that were trimmed before they were read: lost',
    ),
    verdicts: counter('verdicts_total', 'Verdicts on matches, by queue', ['queue', 'verdict']),
    parked: counter('parked_total', 'Matches parked, by reason', ['reason']),
    postponed: counter('jobs_postponed_total', 'Jobs put off because of an outage', ['queue']),
    pumpBraked: gauge(
      'pump_braked',
      '1 while the pump does not read: too many jobs wait, or Redis is nearly full',
    ),
  };
}
