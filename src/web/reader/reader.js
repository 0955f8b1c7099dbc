import { articleOf, paint, renewed } from './item-view.js';
import { follow } from './live.js';
import { request } from './requests.js';

const segment = /.*\/reader\/([^/]+)/.exec(location.pathname)[1];
const api = new URL(`../api/inboxes/${segment}`, import.meta.url).pathname;
const name = decodeURIComponent(segment);
const $ = (id) => document.getElementById(id);
const PAGE = 30;
/** A page that stays open for weeks keeps the newest. */
const MOST_SHOWN = 500;

/** By item id, in page order: newest first. */
const shown = new Map();
let view = '';
let next = null;
let current = null;
let arrived = [];

/** Changes are sent one after another, so that two quick key presses cannot overtake each other. */
let changed = Promise.resolve();
function change(...asked) {
  const answer = changed.then(() => ask(...asked));
  changed = answer.catch(() => undefined);
  return answer;
}

async function ask(path, method, body) {
  let problem = '';
  try {
    return await request(api + path, { method, body });
  } catch (error) {
    problem = error.message;
    throw error;
  } finally {
    $('problem').hidden = problem === '';
    $('problem').textContent = problem;
  }
}

function showUnread(unread) {
  $('unread').textContent = `${unread} unread`;
  document.title = `${unread ? `(${unread}) ` : ''}${name}`;
}

function add(items, where) {
  const fresh = items.filter(({ id }) => !shown.has(id)).map((item) => articleOf(item, name));
  const before = [...shown];
  if (where === 'prepend') shown.clear();
  for (const entry of fresh) shown.set(entry.item.id, entry);
  if (where === 'prepend') for (const [id, entry] of before) shown.set(id, entry);
  $('items')[where](...fresh.map(({ article }) => article));
  $('empty').hidden = shown.size > 0;
}

async function load(more, read = ask) {
  const cursor = more && next ? `&before=${next}` : '';
  const asked = view;
  const page = await read(`/items?limit=${PAGE}&${view}${cursor}`);
  if (asked !== view) return;
  if (!more) {
    shown.clear();
    $('items').replaceChildren();
    select(undefined);
  }
  add(page.items, 'append');
  next = page.next;
  $('older').hidden = next === null;
  showGap(page.gap);
  showUnread(page.unread);
}

/** More became known of an item; what was done to it here stays. */
function showAnew(item) {
  arrived = arrived.map((one) => (one.id === item.id ? item : one));
  const old = shown.get(item.id);
  if (old) shown.set(item.id, renewed(old, item, name));
  if (old && current === old) current = shown.get(item.id);
}

function showGap(gap) {
  $('gap').hidden = gap === null;
  $('gap').textContent = gap
    ? `${gap.unread} unread items were removed to keep the inbox within its limits.`
    : '';
}

function select(entry) {
  current?.article.classList.remove('current');
  current = entry ?? null;
  if (!entry) return;
  entry.article.classList.add('current');
  entry.article.focus({ preventScroll: true });
  entry.article.scrollIntoView({ block: 'nearest' });
}

async function move(by) {
  const entries = [...shown.values()];
  const at = current ? entries.indexOf(current) + by : 0;
  if (at >= entries.length && next !== null) {
    await load(true);
    return select([...shown.values()][at]);
  }
  if (entries[at]) select(entries[at]);
}

const doing = {
  async mark(entry, read = !entry.item.read) {
    entry.item.read = read;
    paint(entry);
    showUnread((await change(read ? '/read' : '/unread', 'POST', { ids: [entry.item.id] })).unread);
  },
  async star(entry) {
    entry.item.starred = !entry.item.starred;
    paint(entry);
    await change(`/items/${entry.item.id}/star`, entry.item.starred ? 'PUT' : 'DELETE');
  },
  async open(entry) {
    window.open(entry.item.post.url, '_blank', 'noopener,noreferrer');
    if (!entry.item.read) await doing.mark(entry, true);
  },
};

function showArrived() {
  add(arrived.slice(-MOST_SHOWN).toReversed(), 'prepend');
  arrived = [];
  $('arrived').hidden = true;
  const ids = [...shown.keys()];
  if (ids.length <= MOST_SHOWN) return;
  for (const id of ids.slice(MOST_SHOWN)) {
    shown.get(id).article.remove();
    shown.delete(id);
  }
  next = ids[MOST_SHOWN - 1];
  $('older').hidden = false;
  if (current && !shown.has(current.item.id)) select(undefined);
}

function take(items) {
  if (view === 'starred=1') return;
  arrived.push(...items);
  // Do not shift the page for someone reading further down.
  if (scrollY < 80) showArrived();
  $('arrived').textContent = `${arrived.length} new`;
  $('arrived').hidden = arrived.length === 0;
}

const live = follow({
  api,
  take,
  async begin(signal) {
    const read = (path) => request(api + path, { signal });
    const { newest } = await read('');
    await load(false, read);
    return newest ?? '0-0';
  },
  on: { counts: ({ unread }) => showUnread(unread), gap: showGap, update: showAnew },
  say(text) {
    if ($('live').textContent !== text) $('live').textContent = text;
  },
});

function open(chosen) {
  view = chosen;
  arrived = [];
  $('arrived').hidden = true;
  for (const button of document.querySelectorAll('[data-view]'))
    button.setAttribute('aria-pressed', String(button.dataset.view === view));
  live.restart();
}

const quietly = (work) => work?.catch(() => undefined);
$('name').textContent = name;
document.title = name;
$('older').addEventListener('click', () => quietly(load(true)));
$('arrived').addEventListener('click', () => (showArrived(), scrollTo(0, 0)));
$('read-all').addEventListener('click', async () => {
  const newest = [...shown.keys()][0];
  if (newest === undefined) return;
  const { unread } = await change('/read', 'POST', { up_to: newest });
  for (const entry of shown.values()) entry.item.read = true;
  for (const entry of shown.values()) paint(entry);
  showUnread(unread);
});
for (const button of document.querySelectorAll('[data-view]'))
  button.addEventListener('click', () => open(button.dataset.view));
$('items').addEventListener('click', ({ target }) => {
  const entry = shown.get(target.closest('article')?.dataset.id);
  if (!entry || target.closest('a')) return;
  select(entry);
  quietly(doing[target.dataset.do]?.(entry));
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'j') quietly(move(1));
  if (event.key === 'k') quietly(move(-1));
  const action = { m: 'mark', s: 'star', o: 'open' }[event.key];
  if (action && current) quietly(doing[action](current));
});
open('');
