/** The overview page: health findings, the pipeline with live numbers, plots of the last hour or day. */
import { flow, headline } from './flow.js';
import { byId, el, get, repeat, session, show, urlOf } from './page.js';
import { drawPlots } from './plots.js';

const FIGURES_EVERY_MS = 2000;
const PLOTS_EVERY_MS = 10000;

let span = 'hour';

await session();

async function figures() {
  const now = await get('/operator/figures');
  byId('headline').textContent = headline(now);
  show('health', now.health.map(finding));
  show('flow', flow(now));
}

const finding = ({ level, what, remedy }) =>
  el(
    'p',
    { class: `card ${level}`, 'data-level': level },
    el('strong', {}, what),
    ' ',
    remedy,
    what.includes('an operator') && [' ', el('a', { href: urlOf('/parked') }, 'Open Parked')],
  );

async function plots() {
  const asked = span;
  const { samples } = await get(`/operator/history?span=${asked}`);
  if (asked === span) drawPlots(samples);
}

for (const name of ['hour', 'day']) {
  byId('spans').append(
    el(
      'button',
      { 'aria-pressed': String(name === span), 'data-span': name, click: () => choose(name) },
      `Last ${name}`,
    ),
  );
}

function choose(name) {
  span = name;
  byId('span-name').textContent = name;
  for (const button of byId('spans').children) {
    button.setAttribute('aria-pressed', String(button.dataset.span === name));
  }
  void plots();
}

await Promise.all([repeat(FIGURES_EVERY_MS, figures), repeat(PLOTS_EVERY_MS, plots)]);
