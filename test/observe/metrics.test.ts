import { readFileSync } from 'node:fs';
import type { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { Balance } from '../../src/lanes/books.ts';
import { noLimits } from '../../src/lanes/limits.ts';
import { exposeReadings } from '../../src/monitor/gauges.ts';
import type { Readings } from '../../src/monitor/readings.ts';
import { createEvents } from '../../src/observe/events.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createAllMetrics, noReadings } from '../fixtures/metrics.ts';

const documented = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

/** `name | type | labels | meaning`, as the registry knows them. */
async function rowsOf(registry: Registry): Promise<string[]> {
  const all = await registry.getMetricsAsJSON();
  return all
    .filter(({ name }) => name.startsWith('skywire_inbox_'))
    .map(({ name, type, help }) => {
      const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] };
      return `${name} | ${type} | ${labelNames.join(', ') || '–'} | ${help}`;
    });
}

test('docs/metrics.md lists every metric as the code has it, and none that is not there', async () => {
  const rows = [
    ...documented.matchAll(/^\| `(skywire_inbox_\w+)` +\| (\w+) +\| (.*?) +\| .*? +\| (.*?) +\|$/gm),
  ].map(
    ([, name, type, labels, meaning]) => `${name} | ${type} | ${labels!.replaceAll('`', '')} | ${meaning}`,
  );
  expect(rows.toSorted()).toEqual((await rowsOf(createAllMetrics().registry)).toSorted());
});

test('metrics of Node that docs/metrics.md points at are there', async () => {
  const text = await createAllMetrics().registry.metrics();
  for (const [, name] of documented.matchAll(/`((?:process|nodejs)_\w*[a-z])`/g))
    expect(text).toContain(`\n${name} `);
});

test('a part that could not be read shows no number, and says so', async () => {
  const { registry } = createAllMetrics({
    ...noReadings,
    queues: [
      {
        queue: 'matches',
        definition: 'matches',
        waiting: 3,
        active: 0,
        delayed: 0,
        failed: 0,
        limits: noLimits,
      },
    ],
    servers: { home: undefined },
  });
  const text = await registry.metrics();
  expect(text).toContain('skywire_inbox_jobs{queue="matches",state="waiting"} 3');
  expect(text).not.toMatch(/^skywire_inbox_(stream|parked_matches|redis)/m);
  expect(text).toContain('skywire_inbox_readable{part="streams"} 0');
  expect(text).toContain('skywire_inbox_readable{part="queues"} 1');
  expect(text).toContain('skywire_inbox_readable{part="redis_home"} 0');
});

test('a gauge without labels is absent, not 0, where nothing is known', async () => {
  const balance: Balance = { read: 7, settled: {} as Balance['settled'], inFlight: 3, drift: 0 };
  let readings: Readings = { ...noReadings, balance, canaryAgeMs: 1_500 };
  const metrics = createMetrics();
  exposeReadings(metrics.registry, () => Promise.resolve(readings));
  const unlabelled = async () => {
    const text = await metrics.registry.metrics();
    return [...text.matchAll(/^# TYPE skywire_inbox_(\w+) gauge$/gm)].flatMap(([, name]) =>
      [...text.matchAll(new RegExp(`^skywire_inbox_(${name} .*)$`, 'gm'))].map(([, sample]) => sample),
    );
  };
  expect(await unlabelled()).toEqual(['books_in_flight 3', 'books_drift 0', 'canary_age_seconds 1.5']);
  readings = noReadings;
  expect(await unlabelled()).toEqual([]);
});

test('the pump says from its start on whether it is paused; no other role does', async () => {
  const metrics = createMetrics();
  const events = createEvents(createLogger('silent', 'test', false), metrics);
  events.workerStarts();
  expect(await metrics.registry.metrics()).not.toMatch(/^skywire_inbox_pump_braked/m);
  events.pumpStarts();
  expect(await metrics.registry.metrics()).toMatch(/^skywire_inbox_pump_braked 0$/m);
});

test('a reading that is gone leaves no old number behind', async () => {
  const metrics = createMetrics();
  const ages = { unreadAgeMs: 1_500, pendingAgeMs: 0 };
  const stream = {
    stream: 's',
    group: 'g',
    length: 5,
    unread: 2,
    pending: 0,
    aheadMs: 0,
    otherGroups: [],
    ...ages,
  };
  const turns: Readings[] = [{ ...noReadings, streams: [stream] }, noReadings];
  let turn = 0;
  exposeReadings(metrics.registry, () => Promise.resolve(turns[turn]!));
  expect(await metrics.registry.metrics()).toContain(
    'skywire_inbox_stream_unread_age_seconds{stream="s"} 1.5',
  );
  turn = 1;
  expect(await metrics.registry.metrics()).not.toMatch(/^skywire_inbox_stream_unread/m);
});

test('latency runs from the id of an entry; an id from the future counts as now, an odd one not at all', async () => {
  const metrics = createMetrics();
  const events = createEvents(createLogger('silent', 'test', false), metrics);
  events.settled('matches', [`${Date.now() - 40_000}-0`, `${Date.now() + 60_000}-3`, 'odd']);
  const text = await metrics.registry.metrics();
  expect(text).toContain('skywire_inbox_delivery_latency_seconds_count{queue="matches"} 2');
  expect(text).toContain('skywire_inbox_delivery_latency_seconds_bucket{le="0.01",queue="matches"} 1');
  expect(text).toContain('skywire_inbox_delivery_latency_seconds_bucket{le="30",queue="matches"} 1');
  expect(text).toContain('skywire_inbox_delivery_latency_seconds_bucket{le="60",queue="matches"} 2');
});
