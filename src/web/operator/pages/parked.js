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
import { discardCard, openDiscard } from './parked-discard.js';
import { groupCard } from './parked-group.js';
import { openJob } from './parked-job.js';
import { runCard } from './parked-run.js';

const { mayChange } = await session();
const PAGE = 50;
const MOST_SHOWN = 200;
let lastSearch;
let lastGroups = [];

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
const stopDiscard = () => act(() => post('/operator/parked/discards/stop'));
function discardGroup(id) {
  const group = lastGroups.find((one) => one.id === id);
  if (group) openDiscard({ group, jobs: group.failed, after: refresh });
}
const open = (queue, job) => openJob({ queue, job, mayChange, after: refresh });

async function refresh() {
  const [{ groups, index, run, discard }, log] = await Promise.all([
    get('/operator/parked/groups'),
    get('/operator/log?limit=30'),
  ]);
  lastGroups = groups;
  const isRunning = run?.phase === 'running' || discard?.phase === 'running';
  show('run', run && runCard(run, { mayChange, index }), discard && discardCard(discard, mayChange));
  show(
    'groups',
    index.isLoading &&
      el('p', { class: 'card look' }, `Loading: ${count(index.indexed)} of ${many(index.inRedis, 'job')}`),
    groups.length === 0 && !index.isLoading && el('p', { class: 'card good' }, 'Nothing is parked.'),
    groups.map((group) => groupCard(group, { isRunning, mayChange })),
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
  discard: ({ group }) => discardGroup(group),
  'stop-discard': stopDiscard,
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
