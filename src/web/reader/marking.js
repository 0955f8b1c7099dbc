/** Marks and stars. The page shows a change at once, and reverts it if the server refuses it. */
import { isAfter } from './ids.js';
import { paint } from './item-view.js';
import { partsOf } from './view.js';

/** As many ids as the API takes at once, and as an undo remembers. */
export const MOST_UNDONE = 1_000;

/** `counted(unread)` gets the number of unread items left; `moved(items, by)` those that are now read or unread. */
export function createMarking({ changes: { ask, change }, items, counted, moved }) {
  async function setRead(entries, read, send) {
    const changed = entries.filter(({ item }) => item.read !== read);
    const turn = (value) => {
      for (const { item } of changed) item.read = value;
      items.repaint(changed);
      moved(
        changed.map(({ item }) => item),
        value ? -1 : 1,
      );
    };
    turn(read);
    try {
      counted((await send()).unread);
    } catch (error) {
      turn(!read);
      throw error;
    }
  }

  const markIds = (ids, read) => {
    const meant = new Set(ids);
    const entries = items.all().filter(({ item }) => meant.has(item.id));
    return setRead(entries, read, () => change(read ? '/read' : '/unread', 'POST', { ids }));
  };

  /** The unread items of a view up to and including `upTo`; `isAll` is false if there are more than are remembered. */
  async function unreadIn(view, upTo, unread) {
    const here = items.all().filter(({ item }) => !item.read);
    const { starred, subscription, q } = partsOf(view);
    const isWhole = !starred && subscription === undefined && q === undefined;
    if (isWhole && unread > MOST_UNDONE) return { ids: [], isWhole, isAll: false };
    if (isWhole && here.length === unread)
      return { ids: here.map(({ item }) => item.id), isWhole, isAll: true };
    const ids = [];
    const query = new URLSearchParams({ ...partsOf(view), unread: '1', limit: '250' });
    for (let next = ''; next !== null; ) {
      const page = await ask(`/items?${query.toString()}${next && `&before=${next}`}`);
      ids.push(...page.items.map(({ id }) => id).filter((id) => !isAfter(id, upTo)));
      next = page.next;
      if (ids.length > MOST_UNDONE) return { ids: ids.slice(0, MOST_UNDONE), isWhole, isAll: false };
    }
    return { ids, isWhole, isAll: true };
  }

  return {
    mark: (entry, read = !entry.item.read) => markIds([entry.item.id], read),
    async star(entry) {
      const turn = () => {
        entry.item.starred = !entry.item.starred;
        paint(entry);
      };
      turn();
      try {
        await change(`/items/${entry.item.id}/star`, entry.item.starred ? 'PUT' : 'DELETE');
      } catch (error) {
        turn();
        throw error;
      }
    },
    unreadIn,
    markIds,
    markUpTo: (upTo) =>
      setRead(
        items.all().filter(({ item }) => !isAfter(item.id, upTo)),
        true,
        () => change('/read', 'POST', { up_to: upTo }),
      ),
  };
}
