/** The reader page: connects its parts. */
import { refreshTimes } from './author-view.js';
import { createChanges } from './changes.js';
import { icon } from './icons.js';
import { createInboxView } from './inbox-view.js';
import { listenToKeys } from './keys.js';
import { createLightbox } from './lightbox.js';
import { createMarkAll } from './mark-all.js';
import { createMarking } from './marking.js';
import { request } from './requests.js';
import { createSearchBox } from './search-box.js';
import { createSide } from './side.js';
import { partsOf, viewIn, withParts } from './view.js';

const segment = /.*\/reader\/([^/]+)/.exec(location.pathname)[1];
const api = new URL(`../api/inboxes/${segment}`, import.meta.url).pathname;
const name = decodeURIComponent(segment);
const $ = (id) => document.getElementById(id);
const quietly = (work) => work?.catch(() => undefined);

for (const place of document.querySelectorAll('[data-icon]')) place.prepend(icon(place.dataset.icon));

const changes = createChanges(api, (problem) => {
  $('problem').hidden = problem === '';
  $('problem').textContent = problem;
});
const side = createSide({
  side: $('side'),
  page: $('page'),
  menu: $('menu'),
  veil: $('veil'),
  read: () => request(`${api}/subscriptions`),
  counted: () => inbox.showTitle(),
  inbox: name,
});
const inbox = createInboxView({ api, name, $, ask: changes.ask, side });
const { items } = inbox;
const marking = createMarking({ changes, items, counted: inbox.showUnread, moved: side.moved });
const markAll = createMarkAll({
  toast: $('toast'),
  marking,
  state: inbox.state,
  recount: () => side.recount(true),
});
const openPicture = createLightbox($('lightbox'));
const searchBox = createSearchBox({
  form: $('search'),
  field: $('q'),
  button: $('find'),
  search: (q) => goTo(withParts(inbox.state().view, { q })),
});

function open() {
  const view = viewIn(location.hash);
  searchBox.set(partsOf(view).q);
  side.show(view);
  scrollTo(0, 0);
  inbox.open(view);
  side.recount();
}

function goTo(view) {
  if (view === inbox.state().view) open();
  else location.hash = view;
}

const doing = {
  mark: marking.mark,
  star: marking.star,
  opened: (entry) => (entry.item.read ? undefined : marking.mark(entry, true)),
  open(entry) {
    window.open(entry.item.post.url, '_blank', 'noopener,noreferrer');
    return doing.opened(entry);
  },
};

$('items').addEventListener('click', (event) => {
  const entry = items.entryAt(event.target);
  if (!entry) return;
  const place = event.target.closest('[data-do]');
  const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (place?.dataset.do === 'picture' && !isElsewhere) {
    event.preventDefault();
    openPicture(place);
  }
  if (!place && event.target.closest('a, button')) return;
  items.select(entry);
  quietly(doing[place?.dataset.do]?.(entry));
});
$('older').addEventListener('click', () => quietly(inbox.older()));
$('arrived').addEventListener('click', () => (inbox.showArrived(), scrollTo(0, 0)));
$('read-all').addEventListener('click', () => quietly(markAll()));
$('keys').addEventListener('click', () => $('help').showModal());

const withCurrent = (act) => () => items.current && quietly(act(items.current));
listenToKeys({
  j: () => quietly(inbox.move(1)),
  k: () => quietly(inbox.move(-1)),
  m: withCurrent(doing.mark),
  s: withCurrent(doing.star),
  o: withCurrent(doing.open),
  '/': searchBox.focus,
  '?': () => $('help').showModal(),
  'g a': () => goTo(''),
  'g u': () => goTo('unread=1'),
  'g s': () => goTo('starred=1'),
});
addEventListener('hashchange', open);
setInterval(() => refreshTimes($('items')), 60_000);
open();
