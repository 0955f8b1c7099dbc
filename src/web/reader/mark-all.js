/** "Mark all read", for what is shown, with undo. Asks first if it cannot be undone. */
import { make } from './dom.js';
import { MOST_UNDONE } from './marking.js';

const SHOWN_MS = 30_000;

/**
 * `state()`: {view, unread, newest}, where `newest` is the id of the newest item shown, if there is one; `recount()`: called when the
 * page cannot know the counts.
 */
export function createMarkAll({ toast, marking, state, recount }) {
  let timer;
  const quietly = (work) => work.catch(() => undefined);

  function say(text, buttons = {}) {
    clearTimeout(timer);
    toast.hidden = false;
    toast.replaceChildren(make('span', {}, text));
    for (const [name, act] of Object.entries(buttons)) {
      const button = make('button', {}, name);
      button.addEventListener('click', () => {
        hide();
        if (act) quietly(act());
      });
      toast.append(button);
    }
    timer = setTimeout(hide, SHOWN_MS);
  }

  function hide() {
    clearTimeout(timer);
    toast.hidden = true;
  }

  const posts = (count) => `${count.toLocaleString()} ${count === 1 ? 'post' : 'posts'}`;

  function done(ids, rest = '') {
    recount();
    say(`${posts(ids.length)} marked read.${rest}`, {
      async Undo() {
        await marking.markIds(ids, false);
        recount();
      },
    });
  }

  return async function markAll() {
    const { view, unread, newest } = state();
    if (newest === undefined) return;
    const { ids, isWhole, isAll } = await marking.unreadIn(view, newest, unread);
    if (ids.length === 0 && isAll) return say('Nothing here is unread.');
    if (isWhole && isAll) {
      await marking.markUpTo(newest);
      return done(ids);
    }
    if (isWhole)
      return say(`More than ${posts(MOST_UNDONE)} are unread: marking all of them read cannot be undone.`, {
        'Mark them read': async () => {
          await marking.markUpTo(newest);
          recount();
          say('All marked read.');
        },
        Cancel: undefined,
      });
    await marking.markIds(ids, true);
    return done(ids, isAll ? '' : ' There are more: mark all read again to go on.');
  };
}
