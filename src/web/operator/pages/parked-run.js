/** The card of the current or last retry run. */
import { ago, count, duration, el, many, visible } from './page.js';

/** `index`: the loading state of this web process's index. */
export function runCard({ phase, run }, { mayChange, index }) {
  const kind = { running: 'look', done: 'good', stopped: 'bad' }[phase];
  return el(
    'section',
    { class: `card ${kind}`, id: 'run-card', 'data-phase': phase },
    el('strong', { id: 'run-headline' }, headline(phase, run)),
    el('div', { class: 'cause' }, visible(run.what)),
    el('progress', {
      ...(run.total > 0 && { max: String(run.total), value: String(run.delivered + run.relapsed) }),
      'aria-label': 'Retried',
    }),
    el('div', { class: 'soft number' }, details(phase, run)),
    isCounting(phase, run) &&
      index.isLoading &&
      el('div', { class: 'soft number' }, `${count(index.indexed)} of ${many(index.inRedis, 'job')} read`),
    run.relapse && el('div', { class: 'cause' }, `Failed again: ${visible(run.relapse.reason)}`),
    el('div', { class: 'actions' }, mayChange ? buttons(phase, run) : []),
  );
}

const isCounting = (phase, { total }) => phase === 'running' && total === 0;

function headline(phase, { delivered, total, relapsed, why }) {
  if (isCounting(phase, { total })) return 'Counting the matches to retry …';
  if (phase === 'done' && total === 0) return `Done: ${visible(why)}`;
  if (phase === 'running') return `Retrying: ${count(delivered)} of ${count(total)} delivered`;
  if (phase === 'done') return `Done: ${many(delivered, 'match', 'matches')} delivered`;
  const again = relapsed > 0 ? `, ${count(relapsed)} failed again` : '';
  return `Stopped after ${count(delivered)} of ${count(total)}${again}: ${visible(why ?? '')}`;
}

function details(phase, { rate, inFlight, takenOver, by, startedAt, endedAt, total, delivered }) {
  const parts = [`started by ${visible(by)} ${ago(startedAt)}`];
  if (phase === 'running') {
    parts.push(`${many(rate, 'retry', 'retries')} a second now`, `${count(inFlight)} in flight`);
    if (rate === 100) parts.push(`about ${duration((total - delivered) / rate)} left`);
  } else {
    parts.push(`took ${duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}`);
  }
  if (takenOver > 0)
    parts.push(`resumed after an interruption ${takenOver === 1 ? 'once' : `${takenOver} times`}`);
  return parts.join(' · ');
}

function buttons(phase, { filter, relapse }) {
  if (phase === 'running') return [el('button', { 'data-do': 'stop' }, 'Stop')];
  if (phase === 'done') return [];
  const asText = JSON.stringify(filter);
  const { subscription } = relapse ?? {};
  return [
    el('button', { 'data-do': 'again', 'data-filter': asText }, 'Retry again, starting with one'),
    subscription &&
      !filter.subscription &&
      !filter.not_subscription &&
      el(
        'button',
        { 'data-do': 'without', 'data-filter': asText, 'data-subscription': subscription },
        `Continue without subscription ${visible(subscription.slice(0, 40))}`,
      ),
  ];
}
