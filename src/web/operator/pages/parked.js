/** The page Parked: groups by cause, search, one job in full, retry runs, the operator log. */

import { logTable } from './operator-log.js';
import {
  ago,
  byId,
  count,
  el,
  get,
  many,
  post,
  repeat,
  session,
  show,
  showMessage,
  urlOf,
  visible,
} from './page.js';
import { openJob } from './parked-job.js';
import { runCard } from './parked-run.js';

const { mayChange } = await session();
const PAGE = 50;
const MOST_SHOWN = 200;
let lastSearch;

/** Runs an action, shows its error if any, and refreshes the page. */
async function act(work) {
  showMessage();
  try {
    await work();
  } catch (error) {
    showMessage(error.message);
  }
  await refresh();
}

const startRun = (filter) => act(() => post('/operator/parked/runs', filter));
const stopRun = () => act(() => post('/operator/parked/runs/stop'));
const open = (queue, job) => openJob({ queue, job, mayChange, after: refresh });

function groupCard(group, isRunning) {
  const { id, reason, fingerprint, failed, retrying, firstSeen, lastSeen, subscriptions, example } = group;
  const names = subscriptions.map(({ name, jobs }) => `${visible(name.slice(0, 60))} (${count(jobs)})`);
  return el(
    'article',
    { class: 'card', 'data-group': id },
    el(
      'div',
      { class: 'row' },
      el('span', { class: 'big number' }, count(failed + retrying)),
      el(
        'div',
        { class: 'grow' },
        el('strong', {}, group.queue === 'parked' ? reason : `${group.queue}: ${reason}`),
        el('div', { class: 'cause' }, visible(fingerprint)),
      ),
    ),
    el(
      'div',
      { class: 'soft' },
      retrying > 0 && `${count(failed)} need an operator, ${count(retrying)} are retried automatically. `,
      `First ${ago(firstSeen)}, last ${ago(lastSeen)}. `,
      names.length > 0 && `Most: ${names.join(', ')}`,
    ),
    el(
      'div',
      { class: 'actions' },
      mayChange &&
        failed > 0 &&
        el(
          'button',
          { class: 'main', disabled: isRunning, 'data-do': 'retry', 'data-group': id },
          `Retry all ${count(failed)}`,
        ),
      el('button', { 'data-do': 'example', 'data-queue': example.queue, 'data-job': example.job }, 'Example'),
      el('button', { 'data-do': 'list', 'data-group': id }, 'List'),
      el(
        'a',
        { class: 'button', href: urlOf(`/operator/parked/export?group=${id}`), download: 'parked.jsonl' },
        'Export',
      ),
    ),
  );
}

async function refresh() {
  const [{ groups, index, run }, log] = await Promise.all([
    get('/operator/parked/groups'),
    get('/operator/log?limit=30'),
  ]);
  const isRunning = run?.phase === 'running';
  show('run', run && runCard(run, mayChange));
  show(
    'groups',
    index.isLoading &&
      el('p', { class: 'card look' }, `Loading: ${count(index.indexed)} of ${many(index.inRedis, 'job')}`),
    groups.length === 0 && !index.isLoading && el('p', { class: 'card good' }, 'Nothing is parked.'),
    groups.map((group) => groupCard(group, isRunning)),
  );
  show('log', logTable(log.actions));
}

async function find(filter, limit = PAGE) {
  lastSearch = filter;
  const query = new URLSearchParams(filter).toString();
  const { total, jobs } = await get(`/operator/parked/jobs?limit=${limit}&${query}`);
  const row = ({ queue, id, state, reason, subscription, subscriber, text, uri, failedAt, streamId }) =>
    el(
      'tr',
      {},
      el('td', { class: 'nowrap' }, ago(failedAt)),
      el('td', { class: 'nowrap' }, state === 'failed' ? reason : `${reason}, waiting for its next attempt`),
      el('td', {}, visible(subscriber ? `${subscription} for ${subscriber}` : subscription)),
      el('td', {}, visible(text.slice(0, 200)), el('div', { class: 'soft' }, visible(`${uri} ${streamId}`))),
      el(
        'td',
        { class: 'nowrap' },
        el('button', { 'data-do': 'example', 'data-queue': queue, 'data-job': id }, 'Open'),
      ),
    );
  const head = ['Failed', 'Reason', 'Subscription', 'Post', ''].map((name) =>
    el('th', { scope: 'col' }, name),
  );
  const body = el('tbody', {}, jobs.map(row));
  show(
    'found',
    el(
      'div',
      { class: 'card table' },
      el(
        'div',
        { class: 'row' },
        el(
          'strong',
          { class: 'grow', id: 'found-total' },
          total > jobs.length
            ? `${count(total)} found, showing the newest ${jobs.length}`
            : `${count(total)} found`,
        ),
        mayChange && total > 0 && el('button', { 'data-do': 'retry-found' }, `Retry these ${count(total)}`),
        total > 0 &&
          el(
            'a',
            { class: 'button', href: urlOf(`/operator/parked/export?${query}`), download: 'parked.jsonl' },
            'Export',
          ),
      ),
      el('table', { class: 'jobs' }, el('thead', {}, el('tr', {}, head)), body),
      total > jobs.length && jobs.length < MOST_SHOWN && el('button', { 'data-do': 'more' }, 'Show more'),
    ),
  );
}

const fieldsOf = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));

byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  void act(() => find(fieldsOf(event.target)));
});
byId('search').addEventListener('reset', () => {
  byId('search').elements.group.value = '';
  show('found');
});

const actions = {
  retry: ({ group }) => startRun({ group }),
  more: () => act(() => find(lastSearch, MOST_SHOWN)),
  'retry-found': () => startRun(lastSearch),
  stop: stopRun,
  // The last run's filter, without the subscription that failed again.
  without: ({ filter, subscription }) => startRun({ ...JSON.parse(filter), not_subscription: subscription }),
  again: ({ filter }) => startRun(JSON.parse(filter)),
  example: ({ queue, job }) => act(() => open(queue, job)),
  list: ({ group }) => {
    byId('search').reset();
    byId('search').elements.group.value = group;
    return act(() => find({ group })).then(() => byId('found').scrollIntoView({ behavior: 'smooth' }));
  },
};
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('button[data-do]');
  if (button) void actions[button.dataset.do]?.(button.dataset);
});

const asked = new URLSearchParams(location.search);
if (asked.has('queue') && asked.has('job')) void act(() => open(asked.get('queue'), asked.get('job')));
await repeat(1000, refresh);
