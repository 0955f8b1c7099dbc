/** The alerts and the dashboard in a real Prometheus that watches the real product. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { noPrometheus, type Prometheus, startPrometheus } from '../fixtures/prometheus.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, startRole } from '../fixtures/roles.ts';
import { alertNames, alertsFile } from './alerts.ts';

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string }[];
}
const dashboard = JSON.parse(
  readFileSync(new URL('../../deploy/grafana-dashboard.json', import.meta.url), 'utf8'),
) as { panels: Panel[]; uid: string; schemaVersion: number };

const TOKEN = 'a-token-of-this-test';

let redis: TestRedis;
let observer: Pipeline;
let prometheus: Prometheus | undefined;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis);
});
afterEach(async () => {
  await endRoles();
  await prometheus?.stop();
  await observer.stop();
  await redis.stop();
});

/** The whole product as one process, and one alert that must fire on its own: entries trimmed while pending. */
test.skipIf(noPrometheus)(
  'Prometheus loads every alert, scrapes with the token, fires, and answers each panel of the dashboard (skipped where absent: apt install prometheus)',
  async () => {
    const client = redis.client();
    await observer.append(Array.from({ length: 20 }, (_, n) => wire(makeMatch('cats', n))));
    await client.xgroup('CREATE', STREAM, 'skywire-inbox', '0');
    await client.xgroup('CREATE', STREAM, 'track_app', '0');
    const product = await startRole('start', {
      REDIS_URL: redis.url,
      // Off loopback a scrape takes the token.
      HOST: '0.0.0.0',
      API_TOKEN: TOKEN,
      ADMIN_PASSWORD: 'a-password-of-this-test',
      LOG_LEVEL: 'warn',
    });
    await product.ready();
    const target = product.url.replace('http://', '');
    prometheus = await startPrometheus({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [alertsFile],
      scrape_configs: [
        {
          job_name: 'skywire-inbox',
          authorization: { credentials: TOKEN },
          static_configs: [{ targets: [target] }],
        },
        { job_name: 'stranger', static_configs: [{ targets: [target] }] },
      ],
    });
    const { ask, query } = prometheus;

    const { groups } = await ask<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>('rules');
    expect(groups.flatMap(({ rules }) => rules.map(({ name }) => name)).toSorted()).toEqual(
      alertNames.toSorted(),
    );

    await vi.waitFor(async () => {
      expect((await query('up{job="skywire-inbox"}'))[0]?.value[1]).toBe('1');
      expect((await query('up{job="stranger"}'))[0]?.value[1]).toBe('0');
    }, 20_000);

    // A consumer that dies with entries pending, and somebody who trims the stream: a loss that the product must tell of.
    const [first] = await observer.append([wire(makeMatch('cats', 100))]);
    await observer.quiet();
    await client.xgroup('CREATECONSUMER', STREAM, 'skywire-inbox', 'dead');
    await client.xclaim(
      STREAM,
      'skywire-inbox',
      'dead',
      0,
      first!,
      'IDLE',
      60_000,
      'TIME',
      1,
      'FORCE',
      'JUSTID',
    );
    await client.xdel(STREAM, first!);
    // And one that is no match.
    await observer.append(['no JSON', wire(makeMatch('cats', 101))]);

    await vi.waitFor(
      async () => {
        const firing = await query('ALERTS{alertstate="firing"}');
        expect(firing.map(({ metric }) => metric['alertname'])).toContain('SkywireInboxMatchesLost');
        const waiting = await query('ALERTS{alertstate="pending"}');
        expect(waiting.map(({ metric }) => metric['alertname'])).toContain('SkywireInboxParked');
      },
      { timeout: 40_000, interval: 250 },
    );

    const rules = (
      await ask<{ groups: { rules: { name: string; health: string; lastError?: string }[] }[] }>('rules')
    ).groups;
    for (const { name, health, lastError } of rules.flatMap((group) => group.rules))
      expect(`${name}: ${health} ${lastError ?? ''}`).toBe(`${name}: ok `);

    const silent: string[] = [];
    for (const { title, targets = [] } of dashboard.panels) {
      for (const { expr } of targets) {
        const result = await query(expr.replaceAll('$__rate_interval', '30s'));
        if (!result.length) silent.push(title);
      }
    }
    expect(silent).toEqual([]);
  },
);
