/** The items on the page, newest first, and which of them is the current one. */
import { articleOf, paint } from './item-view.js';

/** A page that stays open for weeks keeps the newest. */
export const MOST_SHOWN = 500;

/** `place`: the element that holds them; `context`: what item-view needs. */
export function createItems(place, context) {
  /** By item id, in page order. */
  const shown = new Map();
  let current = null;

  const freshOf = (items) => items.filter(({ id }) => !shown.has(id)).map((item) => articleOf(item, context));

  function select(entry) {
    current?.article.classList.remove('current');
    current = entry ?? null;
    if (!entry) return;
    entry.article.classList.add('current');
    entry.article.focus({ preventScroll: true });
    entry.article.scrollIntoView({ block: 'nearest' });
  }

  return {
    select,
    get current() {
      return current;
    },
    all: () => [...shown.values()],
    clear() {
      shown.clear();
      place.replaceChildren();
      select(undefined);
    },
    append(items) {
      const fresh = freshOf(items);
      for (const entry of fresh) shown.set(entry.item.id, entry);
      place.append(...fresh.map(({ article }) => article));
    },
    /** Newest first. Returns the id of the last that is kept, where older ones had to go. */
    prepend(items) {
      const fresh = freshOf(items);
      const before = [...shown];
      shown.clear();
      for (const entry of fresh) shown.set(entry.item.id, entry);
      for (const [id, entry] of before) shown.set(id, entry);
      place.prepend(...fresh.map(({ article }) => article));
      const ids = [...shown.keys()];
      if (ids.length <= MOST_SHOWN) return undefined;
      for (const id of ids.slice(MOST_SHOWN)) {
        shown.get(id).article.remove();
        shown.delete(id);
      }
      if (current && !shown.has(current.item.id)) select(undefined);
      return ids[MOST_SHOWN - 1];
    },
    /** More is known about an item. What was opened or marked on this page stays so. */
    update(item) {
      const old = shown.get(item.id);
      if (!old) return;
      const entry = articleOf({ ...item, read: old.item.read, starred: old.item.starred }, context);
      const hadFocus = old.article.contains(document.activeElement);
      shown.set(item.id, entry);
      old.article.replaceWith(entry.article);
      if (current !== old) return;
      current = entry;
      entry.article.classList.add('current');
      if (hadFocus) entry.article.focus({ preventScroll: true });
    },
    entryAt: (target) => shown.get(target.closest('article')?.dataset.id),
    /** The entry this many places from the current one; undefined beyond either end. */
    neighbour(by) {
      const entries = [...shown.values()];
      return entries[current ? entries.indexOf(current) + by : 0];
    },
    repaint(entries) {
      for (const entry of entries) paint(entry);
    },
  };
}
