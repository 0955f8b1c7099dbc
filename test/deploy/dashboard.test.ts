/** deploy/grafana-dashboard.json as far as that can be told without Grafana: its queries run in prometheus.process.test.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createAllMetrics } from '../fixtures/metrics.ts';
import { metricsIn } from './alerts.ts';

const text = readFileSync(new URL('../../deploy/grafana-dashboard.json', import.meta.url), 'utf8');
const { panels, uid, schemaVersion, templating } = JSON.parse(text) as {
  uid: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string }[] };
  panels: {
    id: number;
    type: string;
    title: string;
    description?: string;
    datasource?: { uid: string };
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { refId: string; expr: string }[];
  }[];
};

test('it is a dashboard that asks for its data source', () => {
  expect(uid).toBe('skywire-inbox');
  expect(schemaVersion).toBeGreaterThanOrEqual(30);
  expect(templating.list).toContainEqual(expect.objectContaining({ name: 'datasource', type: 'datasource' }));
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { title, type, description, datasource, targets } of panels) {
    if (type === 'row') continue;
    expect(description, title).toMatch(/\.$/);
    expect(datasource?.uid, title).toMatch(/^\$\{datasource\}$/);
    expect(targets?.length, title).toBeGreaterThan(0);
  }
});

test('no panel lies on another', () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
});

test('it asks for metrics that there are', () => {
  const { registry } = createAllMetrics();
  const known = registry.getMetricsAsArray().map(({ name }) => name);
  for (const name of metricsIn(text)) expect(known, name).toContain(name);
  expect(metricsIn(text)).toEqual(
    expect.arrayContaining(['skywire_inbox_lookups_total', 'skywire_inbox_lookup_calls_total']),
  );
});
