/** The side column: the views, and the subscriptions with their unread counts; on a phone behind a button. */
import { make } from './dom.js';
import { viewIn, withParts } from './view.js';

/** The server's count reads the whole inbox, so between two counts the page counts itself. */
const COUNT_EVERY_MS = 30_000;
const AGAIN_AFTER_MS = 5_000;

/** `read()` gets {subscriptions}, then `counted()` is called; `inbox`: its name, which in direct routing is a subscription, too. */
export function createSide({ side, page, menu, veil, read, counted, inbox }) {
  const views = side.querySelector('#views');
  const list = side.querySelector('#subscriptions');
  /** By id. */
  let subscriptions = new Map();
  let shownView = '';
  let countedAt = -Infinity;
  let timer;

  const titleOf = (id) => subscriptions.get(id)?.title || shortened(id);

  function lineOf({ id, unread }) {
    const count = make('span', { class: 'count' }, unread ? unread.toLocaleString() : '');
    const title = make('bdi', { class: 'title' }, titleOf(id));
    return make(
      'li',
      {},
      make(
        'a',
        { href: `#${withParts('', { subscription: id })}`, title: id, class: unread ? 'has-unread' : '' },
        title,
        count,
      ),
    );
  }

  function paint() {
    const shown = [...subscriptions.values()].filter(({ id }) => id !== inbox || subscriptions.size > 1);
    shown.sort((a, b) => titleOf(a.id).localeCompare(titleOf(b.id)));
    side.querySelector('#subscriptions-title').hidden = shown.length === 0;
    list.replaceChildren(...shown.map(lineOf));
    side.querySelector('#name').textContent = titleOf(inbox);
    point();
  }

  function point() {
    const here = withParts(shownView, { q: undefined });
    for (const link of side.querySelectorAll('a[href]'))
      if (viewIn(link.hash) === here) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
  }

  function toggle(isOpen) {
    side.classList.toggle('open', isOpen);
    veil.hidden = !isOpen;
    page.inert = isOpen;
    menu.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) side.querySelector('a')?.focus();
  }

  async function count() {
    clearTimeout(timer);
    timer = undefined;
    countedAt = performance.now();
    const answer = await read().catch(() => undefined);
    if (!answer) {
      countedAt = performance.now() - COUNT_EVERY_MS + AGAIN_AFTER_MS;
      return;
    }
    subscriptions = new Map(answer.subscriptions.map((one) => [one.id, one]));
    paint();
    counted();
  }

  menu.addEventListener('click', () => toggle(!side.classList.contains('open')));
  veil.addEventListener('click', () => toggle(false));
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !side.classList.contains('open')) return;
    toggle(false);
    menu.focus();
  });
  paint();

  return {
    get isCounted() {
      return subscriptions.size > 0;
    },
    titleOf,
    close: () => toggle(false),
    show(view) {
      shownView = view;
      toggle(false);
      point();
    },
    unread(unread) {
      views.querySelector('.count').textContent = unread ? unread.toLocaleString() : '';
    },
    /** Items became read or unread, or came: counted here at once, and by the server when it is time. */
    moved(items, by) {
      for (const { subscription_id: id } of items.flatMap(({ matched_by }) => matched_by)) {
        const one = subscriptions.get(id);
        if (one) one.unread = Math.max(0, one.unread + by);
      }
      paint();
    },
    /** `isUrgent`: more has changed than this page knows. */
    recount(isUrgent = false) {
      const wait = isUrgent ? 0 : countedAt + COUNT_EVERY_MS - performance.now();
      if (wait <= 0) void count();
      else timer ??= setTimeout(() => (document.hidden ? (timer = undefined) : void count()), wait);
    },
  };
}

/** Skywire names subscriptions by UUIDs. */
const shortened = (id) => (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id) ? `${id.slice(0, 8)}…` : id);
