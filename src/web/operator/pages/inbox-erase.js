/** A dialog that erases a person. */
import { byId, el, remove, visible } from './page.js';

const goes = [
  'all items of the inbox, starred ones too, and what was read',
  'its feed tokens: feed readers and apps are refused from now on',
  'its registrations: no subscription delivers here any more',
  'pages and streams that show it end within seconds',
];
const stays = [
  'a hash of the name and the time, for the replay window plus a day, so that older matches are refused wherever they come from',
  'a line of the operator log: who erased it and when, with the hash of the name',
  'copies outside the inbox: stream entries for the replay window, and matches on the page Parked',
];

/** Characters that a text field cannot hold are spelled out. */
const written = (text) => visible(text).replace(/\t/g, '\\u0009').replace(/\n/g, '\\u000a');

/** Resolves once the dialog is closed, with a message if the person was erased. */
export function openErase(name) {
  const dialog = byId('erase');
  const problem = el('p', { class: 'card bad', role: 'alert', hidden: true });
  const typed = el('input', {
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    input: check,
  });
  const go = el('button', { type: 'submit', class: 'danger', disabled: true }, 'Erase for good');
  let said;

  function check() {
    go.disabled = typed.value !== written(name) && typed.value !== name;
  }

  async function erase(event) {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    problem.hidden = true;
    try {
      await remove(`/operator/inboxes/${encodeURIComponent(name)}`);
      said = `${written(name)} is erased.`;
      dialog.close();
    } catch (error) {
      problem.hidden = false;
      const isRefused = error.status < 500;
      problem.textContent = isRefused
        ? error.message
        : `${error.message}. The inbox may be only partly erased: erase it again.`;
      check();
    }
  }

  dialog.replaceChildren(
    el('h2', { id: 'erase-title' }, 'Erase ', el('bdi', {}, written(name)), '?'),
    problem,
    el('p', {}, 'This cannot be undone. What goes:'),
    el(
      'ul',
      {},
      goes.map((one) => el('li', {}, one)),
    ),
    el('p', {}, 'What stays:'),
    el(
      'ul',
      {},
      stays.map((one) => el('li', {}, one)),
    ),
    el(
      'p',
      { class: 'soft' },
      'If the person is registered again, later matches are delivered. With ROUTING=direct an inbox is a subscription: end it at Skywire ' +
        'first, or what Skywire sends from now on is delivered.',
    ),
    el(
      'form',
      { submit: erase },
      el('label', {}, 'Type the name to erase it', typed),
      el(
        'div',
        { class: 'actions' },
        go,
        el('button', { type: 'button', click: () => dialog.close() }, 'Cancel'),
      ),
    ),
  );
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(said), { once: true });
  });
}
