import { expect, test } from 'vitest';
import { barChart, lineChart } from '../../bench/chart.ts';

/** Attributes and text of every element, as an XML reader would see them; throws where tags do not pair up. */
function wellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, slash, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self) continue;
    if (slash) expect(open.pop()).toBe(name);
    else open.push(name!);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
}

test('a bar is as long as its median, and a label cannot break out', () => {
  const svg = barChart({
    title: 'a < b & "c"',
    bars: [
      { label: '<script>', median: 50, least: 40, most: 100, ours: true },
      { label: 'half', median: 25, least: 20, most: 30 },
    ],
  });
  wellFormed(svg);
  const [first, second] = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(first).toBeCloseTo(2 * second!, 0);
  expect(svg).not.toContain('<script>');
});

test('a line chart begins at zero, and equal values make a flat line', () => {
  const svg = lineChart({
    title: 'flat',
    xLabel: 'backlog',
    yLabel: 'µs',
    logX: true,
    series: [{ name: 'cost', points: [10, 100, 1_000].map((x) => [x, 20]) }],
  });
  wellFormed(svg);
  const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => y);
  expect(heights).toHaveLength(3);
  expect(new Set(heights).size).toBe(1);
  expect(svg).toMatch(/>0<\/text>/);
});

test('charts follow a dark page', () => {
  expect(barChart({ title: 't', bars: [] })).toContain('prefers-color-scheme: dark');
});
