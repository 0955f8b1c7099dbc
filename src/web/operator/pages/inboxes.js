/** The page Inboxes: find one, see its counts and last delivery, open its reader page; for the admin, feed tokens and erasing. */
import { openErase } from './inbox-erase.js';
import { openTokens } from './inbox-tokens.js';
import { ago, byId, count, el, get, repeat, session, show, showMessage, urlOf, visible } from './page.js';

const PAGE = 50;
const EVERY_MS = 5000;

const asked = new URLSearchParams(location.search);
const prefix = asked.get('prefix') ?? '';
const after = asked.get('after') ?? '';

/** `?prefix=…&after=…`, without empty parameters: for the page's address and for its requests. */
const queryOf = (fields) =>
  `?${new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '')).toString()}`;

const search = byId('search');
// Keep what was typed while this was loading.
search.elements.prefix.value ||= prefix;
search.addEventListener('submit', (event) => {
  event.preventDefault();
  location.search = queryOf({ prefix: search.elements.prefix.value });
});
search.addEventListener('reset', () => {
  location.search = '';
});
search.querySelector('[type="submit"]').disabled = false;

const { mayChange } = await session();

async function refresh() {
  const { inboxes, next } = await get(`/operator/inboxes${queryOf({ prefix, after, limit: PAGE })}`);
  if (inboxes.length > 0 || next !== null) show('found', tableOf(inboxes), pagesTo(next));
  else show('found', await nothingFound());
}

function tableOf(inboxes) {
  const head = ['Name', 'Unread', 'Items', 'Last delivery', 'Actions'].map((name) =>
    el('th', { scope: 'col' }, name),
  );
  return el(
    'div',
    { class: 'card table' },
    el('table', { class: 'jobs' }, el('thead', {}, el('tr', {}, head)), el('tbody', {}, inboxes.map(rowOf))),
  );
}

function rowOf({ subscriber, total, unread, newest }) {
  const name = visible(subscriber);
  const button = (what, text) =>
    el('button', { 'data-do': what, 'data-inbox': subscriber, 'aria-label': `${text} ${name}` }, text);
  return el(
    'tr',
    { 'data-inbox': subscriber },
    el('td', {}, el('strong', {}, el('bdi', {}, name))),
    el('td', { class: 'number', 'data-label': 'Unread' }, count(unread)),
    el('td', { class: 'number', 'data-label': 'Items' }, count(total)),
    el('td', { class: 'nowrap', 'data-label': 'Last delivery' }, lastDelivery(newest)),
    el(
      'td',
      {},
      el(
        'div',
        { class: 'do' },
        el(
          'a',
          { href: urlOf(`/reader/${encodeURIComponent(subscriber)}`), 'aria-label': `Open ${name}` },
          'Open',
        ),
        mayChange && button('tokens', 'Feed tokens'),
        mayChange && button('erase', 'Erase…'),
      ),
    ),
  );
}

/** The newest item's id begins with the time of its delivery. */
function lastDelivery(newest) {
  const at = new Date(Number(newest?.split('-', 1)[0]));
  return Number.isNaN(at.getTime()) ? '–' : ago(at.toISOString());
}

const pagesTo = (next) =>
  el(
    'nav',
    { class: 'actions', 'aria-label': 'More inboxes' },
    after !== '' && el('a', { class: 'button', href: queryOf({ prefix }) }, 'First page'),
    next !== null &&
      el('a', { class: 'button', rel: 'next', href: queryOf({ prefix, after: next }) }, 'Next'),
  );

async function nothingFound() {
  if (after !== '') return [el('p', { class: 'card' }, 'No more inboxes.'), pagesTo(null)];
  if (prefix === '')
    return el(
      'p',
      { class: 'card' },
      'There is no inbox yet. One appears with the first registration, match or feed token for somebody.',
    );
  const erased = await lastErased();
  return el(
    'p',
    { class: 'card' },
    `No inbox name begins with “${visible(prefix)}” (upper and lower case differ). `,
    erased && `One with exactly this name was erased ${ago(erased.at)} by ${visible(erased.who)}.`,
  );
}

let askedLog;
async function lastErased() {
  askedLog ??= get(`/operator/inboxes/${encodeURIComponent(prefix)}/log`);
  const { actions } = await askedLog.catch(() => {
    askedLog = undefined;
    return { actions: [] };
  });
  return actions.find(({ action }) => action === 'erase an inbox');
}

const dialogs = { tokens: openTokens, erase: openErase };
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('button[data-do]');
  if (!button) return;
  showMessage();
  try {
    const said = await dialogs[button.dataset.do](button.dataset.inbox);
    await refresh();
    if (said) showMessage(said, 'good');
  } catch (error) {
    showMessage(error.message);
  }
});

await repeat(EVERY_MS, refresh);
