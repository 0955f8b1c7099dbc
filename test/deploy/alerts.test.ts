/** The alerts, judged by Prometheus' own promtool: each fires in the case it is meant for, alone, and none in good health. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAllMetrics } from '../fixtures/metrics.ts';
import { alertNames, alertsFile, alertsText, metricsIn } from './alerts.ts';

const runbook = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const noPromtool = Boolean(spawnSync('promtool', ['--version']).error);
const skipped = 'skipped where promtool is absent: apt install prometheus';
/** On a busy machine promtool itself takes seconds. */
const PATIENCE_MS = 60_000;

test('each alert has a section of its name in the runbook, and the runbook has no section of an alert that is gone', () => {
  const sections = [...runbook.matchAll(/^### (SkywireInbox\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(alertNames);
  for (const section of runbook.split(/^### (?=SkywireInbox)/m).slice(1)) {
    expect(section, section.slice(0, 40)).toMatch(/\*\*Means\.\*\*/);
    expect(section, section.slice(0, 40)).toMatch(/\*\*Type\.\*\*/);
  }
});

test('alerts ask for metrics that there are', () => {
  const { registry } = createAllMetrics();
  for (const name of metricsIn(alertsText)) expect(registry.getSingleMetric(name), name).toBeDefined();
});

type Series = Record<string, string>;

/** Two hours of a system that does well, a sample a minute. */
const healthy: Series = {
  'up{job="skywire-inbox", instance="web:1"}': '1x120',
  'up{job="skywire-inbox", instance="pump:1"}': '1x120',
  'up{job="skywire-inbox", instance="worker:1"}': '1x120',
  'process_start_time_seconds{job="skywire-inbox", instance="worker:1"}': '1x120',
  'nodejs_eventloop_lag_p99_seconds{job="skywire-inbox", instance="worker:1"}': '0.02x120',
  ...Object.fromEntries(
    ['web', 'pump', 'worker'].map((role) => [
      `skywire_inbox_about{instance="${role}:1", role="${role}", version="1"}`,
      '1x120',
    ]),
  ),
  'skywire_inbox_canary_age_seconds{instance="web:1"}': '4x120',
  'skywire_inbox_canaries_sent_total{instance="pump:1"}': '0+6x120',
  'skywire_inbox_queue_standing_seconds{instance="web:1", queue="matches"}': '0x120',
  'skywire_inbox_books_drift{instance="web:1"}': '0x120',
  'skywire_inbox_books_entries{instance="web:1", verdict="vanished"}': '0x120',
  'skywire_inbox_stream_unread{instance="web:1", stream="s"}': '50x120',
  'skywire_inbox_stream_unread_age_seconds{instance="web:1", stream="s"}': '1x120',
  'skywire_inbox_stream_pending_age_seconds{instance="web:1", stream="s"}': '1x120',
  'skywire_inbox_lost_unread{instance="web:1", stream="s"}': '0x120',
  'skywire_inbox_cursor_lost{instance="web:1", stream="s"}': '0x120',
  'skywire_inbox_stream_ids_ahead_seconds{instance="web:1", stream="s"}': '0x120',
  'skywire_inbox_other_group_overdue_seconds{instance="web:1", stream="s", group="track_app"}': '0x120',
  'skywire_inbox_jobs{instance="web:1", queue="matches", state="waiting"}': '2x120',
  'skywire_inbox_jobs{instance="web:1", queue="matches", state="failed"}': '0x120',
  'skywire_inbox_jobs{instance="web:1", queue="parked", state="failed"}': '0x120',
  'skywire_inbox_parked_matches{instance="web:1", reason="malformed"}': '0x120',
  'skywire_inbox_parked_total{instance="worker:1", reason="malformed"}': '0x120',
  'skywire_inbox_verdicts_total{instance="worker:1", queue="matches", verdict="delivered"}': '0+600x120',
  'skywire_inbox_delivery_latency_seconds_bucket{instance="worker:1", queue="matches", le="1"}': '0+600x120',
  'skywire_inbox_delivery_latency_seconds_bucket{instance="worker:1", queue="matches", le="60"}': '0+600x120',
  'skywire_inbox_delivery_latency_seconds_bucket{instance="worker:1", queue="matches", le="+Inf"}':
    '0+600x120',
  'skywire_inbox_jobs_postponed_total{instance="worker:1", queue="matches"}': '0x120',
  'skywire_inbox_errors_total{instance="worker:1"}': '0+1x120',
  'skywire_inbox_log_lines_dropped_total{instance="worker:1"}': '0x120',
  'skywire_inbox_lookup_calls_total{instance="worker:1", server="appview", outcome="ok"}': '0+10x120',
  'skywire_inbox_lookup_calls_total{instance="worker:1", server="appview", outcome="unreachable"}': '0+1x120',
  'skywire_inbox_pump_braked{instance="pump:1"}': '0x120',
  'skywire_inbox_entries_trimmed_while_pending_total{job="skywire-inbox", instance="pump:1"}': '0x120',
  'skywire_inbox_readable{instance="web:1", part="redis_home"}': '1x120',
  'skywire_inbox_readable{instance="web:1", part="streams"}': '1x120',
  'skywire_inbox_redis_memory_used_bytes{instance="web:1", server="home"}': '50x120',
  'skywire_inbox_redis_memory_limit_bytes{instance="web:1", server="home"}': '100x120',
  'skywire_inbox_redis_evicted_keys{instance="web:1", server="home"}': '0x120',
  'skywire_inbox_redis_may_evict{instance="web:1", server="home"}': '0x120',
  'skywire_inbox_redis_durable{instance="web:1", server="home"}': '1x120',
};

/** Alert → what is different from good health (`-`: the series is gone), and other alerts that rightly fire with it. */
const cases: Record<string, { change: Series; too?: string[] }> = {
  SkywireInboxMatchesLost: { change: { skywire_inbox_entries_trimmed: '0x110 3x10' } },
  SkywireInboxUnreadLost: { change: { skywire_inbox_lost_unread: '0x110 900x10' } },
  SkywireInboxCursorLost: { change: { skywire_inbox_cursor_lost: '0x110 1x10' } },
  SkywireInboxNothingDelivered: { change: { skywire_inbox_verdicts: '5000x120' } },
  SkywireInboxCanaryLate: { change: { skywire_inbox_canary_age: '125x120' } },
  SkywireInboxCanaryNeverArrived: { change: { skywire_inbox_canary_age: '-' } },
  SkywireInboxQueueStandsStill: { change: { skywire_inbox_queue_standing: '95x120' } },
  SkywireInboxBooksDrift: { change: { skywire_inbox_books_drift: '7x120' } },
  SkywireInboxJobsVanished: {
    change: { 'skywire_inbox_books_entries{instance="web:1", verdict="vanished"}': '0x110 5x10' },
  },
  SkywireInboxBacklogOld: { change: { skywire_inbox_stream_unread_age: '61x120' } },
  SkywireInboxBacklogVeryOld: {
    change: { skywire_inbox_stream_unread_age: '3601x120' },
    too: ['SkywireInboxBacklogOld'],
  },
  SkywireInboxPendingOld: { change: { skywire_inbox_stream_pending_age: '130x120' } },
  SkywireInboxGroupHoldsTrimming: { change: { skywire_inbox_other_group_overdue: '3601x120' } },
  SkywireInboxIdsAhead: { change: { skywire_inbox_stream_ids_ahead: '3600x120' } },
  SkywireInboxSlow: {
    change: {
      'skywire_inbox_delivery_latency_seconds_bucket{instance="worker:1", queue="matches", le="1"}':
        '0+500x120',
    },
  },
  SkywireInboxParked: { change: { skywire_inbox_parked_matches: '2x120' } },
  SkywireInboxParkedMany: { change: { skywire_inbox_parked_total: '0x110 0+300x9' } },
  SkywireInboxJobsFailed: {
    change: { 'skywire_inbox_jobs{instance="web:1", queue="matches", state="failed"}': '1x120' },
  },
  SkywireInboxPostponed: { change: { skywire_inbox_jobs_postponed: '0+2x120' } },
  SkywireInboxPumpBraked: { change: { skywire_inbox_pump_braked: '1x120' } },
  SkywireInboxRedisUnreachable: {
    change: { 'skywire_inbox_readable{instance="web:1", part="redis_home"}': '0x120' },
  },
  SkywireInboxUnreadable: { change: { 'skywire_inbox_readable{instance="web:1", part="streams"}': '0x120' } },
  SkywireInboxRedisFilling: { change: { skywire_inbox_redis_memory_used: '71x120' } },
  SkywireInboxRedisFull: {
    change: { skywire_inbox_redis_memory_used: '86x120' },
    too: ['SkywireInboxRedisFilling'],
  },
  SkywireInboxRedisEvicts: { change: { skywire_inbox_redis_may_evict: '1x120' } },
  SkywireInboxRedisNotDurable: { change: { skywire_inbox_redis_durable: '0x120' } },
  SkywireInboxProcessDown: { change: { 'up{job="skywire-inbox", instance="worker:1"}': '0x120' } },
  SkywireInboxRoleMissing: { change: { 'skywire_inbox_about{instance="worker:1"': '-' } },
  SkywireInboxRestarting: { change: { process_start_time_seconds: '1x100 2 3 4 5 6x15' } },
  SkywireInboxErrors: { change: { skywire_inbox_errors_total: '0+120x120' } },
  SkywireInboxLogDropped: { change: { skywire_inbox_log_lines_dropped: '0x110 5x10' } },
  SkywireInboxLookupsFail: {
    change: {
      'skywire_inbox_lookup_calls_total{instance="worker:1", server="appview", outcome="ok"}':
        '0+10x60 600x60',
    },
  },
  SkywireInboxEventLoopLate: { change: { nodejs_eventloop_lag_p99_seconds: '0.6x120' } },
  SkywireInboxTwoVersions: {
    change: { 'skywire_inbox_about{instance="worker:2", role="worker", version="2"}': '1x120' },
  },
};

/** Behind a relay no stream can be read, and no canary is sent. */
const behindRelay: Series = {
  skywire_inbox_canary: '-',
  skywire_inbox_canaries: '-',
  'skywire_inbox_stream_unread{': '-',
  skywire_inbox_stream_unread_age: '-',
  skywire_inbox_stream_pending_age: '-',
  skywire_inbox_other_group: '-',
};

/** A change names one series, whole or by its beginning. */
function changed(change: Series): Series {
  const all = { ...healthy };
  for (const [start, values] of Object.entries(change)) {
    const series = Object.keys(healthy).filter((name) => name.startsWith(start));
    if (series.length > 1) throw new Error(`${start} begins ${series.length} series`);
    if (values === '-') delete all[series[0]!];
    else all[series[0] ?? start] = values;
  }
  return all;
}

const scenario = (name: string, series: Series, firing: readonly string[]) => ({
  name,
  interval: '1m',
  input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
  promql_expr_test: [
    {
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: '2h',
      exp_samples: firing.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
    },
  ],
});

function promtool(...tests: object[]) {
  const dir = mkdtempSync(join(tmpdir(), 'skywire-inbox-promtool-'));
  try {
    // JSON is YAML.
    writeFileSync(
      join(dir, 'tests.yml'),
      JSON.stringify({ rule_files: [alertsFile], evaluation_interval: '5m', tests }),
    );
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', join(dir, 'tests.yml')], {
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test.skipIf(noPromtool)(`promtool takes the file (${skipped})`, { timeout: PATIENCE_MS }, () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', alertsFile], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status, stdout).toBe(0);
  expect(stdout).toContain(`${alertNames.length} rules found`);
});

test('there is a case for every alert', () => {
  expect(Object.keys(cases)).toEqual(alertNames);
});

test.skipIf(noPromtool)(
  `each alert fires in its case and no other with it; in good health none (${skipped})`,
  { timeout: PATIENCE_MS },
  () => {
    const found = promtool(
      scenario('good health', healthy, []),
      scenario('good health behind a relay', changed(behindRelay), []),
      scenario(
        'nothing is delivered behind a relay',
        changed({ ...behindRelay, skywire_inbox_verdicts: '5000x120' }),
        ['SkywireInboxNothingDelivered'],
      ),
      ...Object.entries(cases).map(([alert, { change, too = [] }]) =>
        scenario(alert, changed(change), [alert, ...too]),
      ),
    );
    expect(found.output).toContain('SUCCESS');
    expect(found.status).toBe(0);
  },
);

test.skipIf(noPromtool)(
  `a case in which nothing fires is found out: the test can fail (${skipped})`,
  { timeout: PATIENCE_MS },
  () => {
    const found = promtool(scenario('nothing is wrong', healthy, ['SkywireInboxParked']));
    expect(found.output).toContain('SkywireInboxParked');
    expect(found.status).toBe(1);
  },
);
