/** Plots of the last hour or day. uPlot draws on a canvas, so it is redrawn when the colour scheme changes. */

import { byId, bytes, count, duration, el } from './page.js';
import uPlot from './uplot.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const plots = [
  {
    title: 'Matches per second',
    series: [
      ['handled', 'handled by workers'],
      ['delivered', 'delivered to inboxes'],
    ],
    unit: count,
  },
  {
    title: 'Backlog',
    series: [
      ['unread', 'unread in the stream'],
      ['jobs', 'jobs'],
    ],
    unit: count,
  },
  {
    title: 'Latency from stream to inbox',
    series: [
      ['p50', 'median'],
      ['p99', '99th percentile'],
    ],
    unit: (ms) => duration(ms / 1000),
  },
  { title: 'Parked', series: [['parked', 'need an operator']], unit: count },
  { title: 'Redis memory', series: [['memory', 'used']], unit: bytes },
];

let drawn = [];
let samples = [];

export function drawPlots(next) {
  samples = next;
  const place = byId('plots');
  if (drawn.length === 0) create(place);
  drawn.forEach(({ chart, series }) => {
    chart.setData(dataOf(series));
  });
}

const dataOf = (series) => [
  samples.map(({ at }) => at / 1000),
  ...series.map(([name]) => samples.map((sample) => sample[name])),
];

function create(place) {
  for (const { chart } of drawn) chart.destroy();
  place.replaceChildren();
  drawn = plots.map(({ title, series, unit }) => {
    const holder = el('div', {});
    place.append(el('figure', { class: 'card plot' }, el('figcaption', {}, title), holder));
    const chart = new uPlot(optionsOf(series, unit, holder), dataOf(series), holder);
    return { chart, series, holder };
  });
}

function optionsOf(series, unit, holder) {
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const shown = (_chart, value) => (value === null || value === undefined ? '–' : unit(value));
  return {
    width: Math.max(240, holder.clientWidth),
    height: 180,
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [axis, { ...axis, size: 64, values: (_chart, values) => values.map(unit) }],
    series: [
      { value: (_chart, at) => (at ? new Date(at * 1000).toLocaleTimeString() : '–') },
      ...series.map(([, label], at) => ({
        label,
        stroke: colour(`--series-${at + 1}`),
        width: 1.5,
        value: shown,
        points: { show: samples.length < 30 },
      })),
    ],
  };
}

new ResizeObserver(() => {
  for (const { chart, holder } of drawn) {
    chart.setSize({ width: Math.max(240, holder.clientWidth), height: 180 });
  }
}).observe(byId('plots'));

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => create(byId('plots')));
