/** The part of the inbox on display: its pages, arriving items, title and counts. */
import { createItems, MOST_SHOWN } from './items.js';
import { follow } from './live.js';
import { request } from './requests.js';
import { belongsInto, partsOf, titleOf } from './view.js';

const PAGE = 30;

/** `$(id)`: elements of the page; `ask`: a request whose error is shown. */
export function createInboxView({ api, name, $, ask, side }) {
  const items = createItems($('items'), { inbox: name, titleOf: side.titleOf });
  let view = '';
  let next = null;
  let arrived = [];
  let unread = 0;

  function showUnread(count) {
    unread = count;
    $('unread').textContent = `${count.toLocaleString()} unread`;
    document.title = `${count ? `(${count}) ` : ''}${side.titleOf(name)}`;
    side.unread(count);
  }

  function showTitle() {
    $('title').textContent = titleOf(view, side.titleOf);
  }

  function showEnd() {
    const { q, unread: isUnread } = partsOf(view);
    $('older').hidden = next === null;
    $('older').textContent = q === undefined ? 'Older' : 'Search further back';
    $('empty').hidden = items.all().length > 0;
    $('empty').textContent =
      q !== undefined ? 'Nothing found.' : isUnread ? 'All read.' : 'Nothing here yet.';
  }

  function showGap(gap) {
    $('gap').hidden = gap === null;
    $('gap').textContent = gap
      ? `${gap.unread} unread items were removed to keep the inbox within its limits.`
      : '';
  }

  async function load(isMore, read = ask) {
    const cursor = isMore && next ? `&before=${next}` : '';
    const asked = view;
    $('items').setAttribute('aria-busy', 'true');
    const page = await read(`/items?limit=${PAGE}&${view}${cursor}`).finally(() =>
      $('items').removeAttribute('aria-busy'),
    );
    if (asked !== view) return;
    if (!isMore) items.clear();
    items.append(page.items);
    next = page.next;
    showEnd();
    showGap(page.gap);
    showUnread(page.unread);
  }

  function showArrived() {
    next = items.prepend(arrived.toReversed()) ?? next;
    setArrived([]);
    showEnd();
  }

  function setArrived(those) {
    // One more than is shown, so that the page knows whether there are older ones.
    arrived = those.slice(-MOST_SHOWN - 1);
    $('arrived').hidden = arrived.length === 0;
    $('arrived').textContent = `${arrived.length > MOST_SHOWN ? `${MOST_SHOWN}+` : arrived.length} new`;
  }

  const live = follow({
    api,
    async begin(signal) {
      const read = (path) => request(api + path, { signal });
      const { newest } = await read('');
      await load(false, read);
      return newest ?? '0-0';
    },
    take(fresh) {
      side.moved(fresh, 1);
      side.recount();
      setArrived([...arrived, ...fresh.filter((item) => belongsInto(view, item))]);
      // Do not shift the page for someone reading further down.
      if (arrived.length > 0 && scrollY < 80) showArrived();
    },
    on: {
      counts(counts) {
        // Read elsewhere, or the server was unavailable at the request.
        if (counts.unread !== unread || !side.isCounted) side.recount();
        showUnread(counts.unread);
      },
      gap: showGap,
      update(item) {
        arrived = arrived.map((one) => (one.id === item.id ? item : one));
        items.update(item);
      },
    },
    say(text) {
      if ($('live').textContent !== text) $('live').textContent = text;
    },
  });

  return {
    items,
    showUnread,
    showTitle,
    showArrived,
    older: () => load(true),
    state: () => ({ view, unread, newest: items.all()[0]?.item.id }),
    open(chosen) {
      view = chosen;
      setArrived([]);
      showTitle();
      live.restart();
    },
    async move(by) {
      if (by > 0 && items.neighbour(by) === undefined && next !== null) await load(true);
      const entry = items.neighbour(by);
      if (entry) items.select(entry);
    },
  };
}
