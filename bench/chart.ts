/** Charts as SVG, drawn by hand: they follow the reader's light or dark page, and need no library. */
export interface Bar {
  label: string;
  median: number;
  least: number;
  most: number;
  /** Drawn as the one that the chart is about. */
  ours?: boolean;
}

export interface Series {
  name: string;
  /** [x, y], in order of x. */
  points: [x: number, y: number][];
}

const WIDTH = 720;
const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .soft { fill: #57606a } .title { font-weight: 600 }
.line { stroke: #d0d7de } .mark { stroke: #57606a } .ours { fill: #0969da } .other { fill: #8c959f }
.s0 { stroke: #0969da; fill: #0969da } .s1 { stroke: #bf5700; fill: #bf5700 } .s2 { stroke: #1a7f37; fill: #1a7f37 }
.s3 { stroke: #8250df; fill: #8250df } path { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .soft { fill: #9198a1 } .line { stroke: #3d444d } .mark { stroke: #9198a1 }
.ours { fill: #4493f8 } .other { fill: #6e7681 } .s0 { stroke: #4493f8; fill: #4493f8 } .s1 { stroke: #e3893e; fill: #e3893e }
.s2 { stroke: #3fb950; fill: #3fb950 } .s3 { stroke: #ab7df8; fill: #ab7df8 } }
</style>`;

/** Horizontal bars from zero; a thin line from the least to the most. */
export function barChart({ title, bars }: { title: string; bars: Bar[] }): string {
  const [left, right, top, row] = [230, 80, 40, 30];
  const scale = (WIDTH - left - right) / Math.max(...bars.map(({ most }) => most));
  const drawn = bars.map(({ label, median, least, most, ours }, at) => {
    const y = top + at * row;
    const middle = y + 9;
    return [
      `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${n(median * scale)}" height="18" rx="2" class="${ours ? 'ours' : 'other'}"/>`,
      `<line x1="${n(left + least * scale)}" x2="${n(left + most * scale)}" y1="${middle}" y2="${middle}" class="mark"/>`,
      `<text x="${n(left + most * scale + 8)}" y="${y + 14}" class="soft">${short(median)}</text>`,
    ].join('');
  });
  return svg(top + bars.length * row + 10, title, drawn);
}

export interface LineOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  series: Series[];
  /** Each power of ten as wide as the next. */
  logX?: boolean;
}

/** Lines over a y axis that begins at zero, so that flat looks flat. */
export function lineChart({ title, xLabel, yLabel, series, logX = false }: LineOptions): string {
  const [left, right, top, bottom, height] = [70, 20, 56, 74, 340];
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const at = (x: number) => (logX ? Math.log10(Math.max(x, 0.5)) : x);
  const [low, high] = [at(xs[0]!), at(xs.at(-1)!)];
  const ticks = niceTicks(Math.max(...series.flatMap(({ points }) => points.map(([, y]) => y))));
  const x = (value: number) =>
    n(left + ((at(value) - low) / (high - low || 1)) * (WIDTH - left - right - 20));
  const y = (value: number) => n(height - bottom - (value / ticks.at(-1)!) * (height - bottom - top));
  const grid = ticks.map(
    (tick) =>
      `<line x1="${left}" x2="${WIDTH - right}" y1="${y(tick)}" y2="${y(tick)}" class="line"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end" class="soft">${short(tick)}</text>`,
  );
  const marked = xs.length > 12 ? xs.filter((_, place) => place % Math.ceil(xs.length / 8) === 0) : xs;
  const below = marked.map(
    (value) =>
      `<text x="${x(value)}" y="${height - bottom + 18}" text-anchor="middle" class="soft">${short(value)}</text>`,
  );
  const lines = series.map(({ name, points }, place) => {
    const path = points.map(([px, py], nth) => `${nth ? 'L' : 'M'}${x(px)} ${y(py)}`).join('');
    const dots =
      points.length > 40 ? [] : points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3"/>`);
    const legendX = left + place * 190;
    return `<g class="s${place % 4}"><path d="${path}"/>${dots.join('')}<rect x="${legendX}" y="${height - 16}" width="14" height="4"/></g><text x="${legendX + 20}" y="${height - 10}">${escaped(name)}</text>`;
  });
  const labels = [
    `<text x="${left - 8}" y="${top - 14}" class="soft">${escaped(yLabel)}</text>`,
    `<text x="${WIDTH - right}" y="${height - bottom + 38}" text-anchor="end" class="soft">${escaped(xLabel)}</text>`,
  ];
  return svg(height, title, [...grid, ...below, ...labels, ...lines]);
}

function svg(height: number, title: string, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
${STYLE}
<text x="10" y="22" class="title">${escaped(title)}</text>
${parts.join('\n')}
</svg>
`;
}

/** From zero in steps of 1, 2 or 5 to at least the most. */
function niceTicks(most: number): number[] {
  const rough = most / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, nth) => nth * step);
}

const n = (value: number): number => Number(value.toFixed(1));
const short = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US');
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
