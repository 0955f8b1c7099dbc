/** A dialog with the feed tokens of one inbox: creates, shows once, lists and revokes them. */
import { ago, byId, el, get, many, post, remove, visible } from './page.js';

/** Resolves once the dialog is closed. */
export async function openTokens(name) {
  const path = `/operator/inboxes/${encodeURIComponent(name)}/feed-tokens`;
  const dialog = byId('tokens');
  const problem = el('p', { class: 'card bad', role: 'alert', hidden: true });
  const made = el('div', { role: 'status' });
  const list = el('div', {});
  const label = el('input', { maxlength: '100', autocomplete: 'off' });

  /** Runs an action and shows its error, if any. */
  async function act(work) {
    problem.hidden = true;
    try {
      await work();
    } catch (error) {
      problem.hidden = false;
      problem.textContent = error.message;
    }
  }

  async function make(event) {
    event.preventDefault();
    await act(async () => {
      const token = await post(path, { label: label.value });
      label.value = '';
      made.replaceChildren(madeCard(name, token));
      await fill();
    });
  }

  const revoke = (id) =>
    act(async () => {
      await remove(`${path}/${id}`);
      made.replaceChildren();
      await fill();
    });

  async function fill() {
    const { feed_tokens } = await get(path);
    list.replaceChildren(
      el('h3', {}, feed_tokens.length > 0 ? many(feed_tokens.length, 'token') : 'No tokens yet'),
      ...feed_tokens.map((token) => tokenRow(token, revoke)),
    );
  }

  await fill();
  dialog.replaceChildren(
    el('h2', { id: 'tokens-title' }, 'Feed tokens of ', el('bdi', {}, visible(name))),
    el(
      'p',
      { class: 'soft' },
      'A feed token opens this inbox, and no other, in a feed reader, an app or a browser. Anyone who has it can read and mark items.',
    ),
    problem,
    made,
    el(
      'form',
      { submit: make },
      el('label', {}, 'What it is for (shown in the list)', label),
      el('div', { class: 'actions' }, el('button', { class: 'main', type: 'submit' }, 'Create a feed token')),
    ),
    list,
    el('div', { class: 'actions' }, el('button', { type: 'button', click: () => dialog.close() }, 'Close')),
  );
  dialog.showModal();
  // Do not show the last secret again when the dialog is reopened.
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        dialog.replaceChildren();
        resolve();
      },
      { once: true },
    );
  });
}

function tokenRow({ id, label, created_at }, revoke) {
  let isSure = false;
  const about = label === '' ? 'without a note' : visible(label);
  const button = el('button', { type: 'button', 'aria-label': `Revoke ${about}`, click: press }, 'Revoke');
  function press() {
    if (isSure) {
      button.disabled = true;
      return revoke(id);
    }
    isSure = true;
    button.textContent = 'Yes, revoke it';
    button.setAttribute('aria-label', `Yes, revoke it: ${about}`);
    button.classList.add('danger');
  }
  return el(
    'div',
    { class: 'row token', 'data-token': id },
    el(
      'div',
      { class: 'grow' },
      el('bdi', {}, about),
      el('div', { class: 'soft' }, `made ${ago(created_at)} · ${id}`),
    ),
    button,
  );
}

function madeCard(name, { token, urls }) {
  return el(
    'section',
    { class: 'card good', id: 'made' },
    el('strong', {}, 'Created. Copy what you need now: it is shown only once.'),
    el('h3', {}, 'As a feed'),
    field('RSS', urls.rss),
    field('Atom', urls.atom),
    field('JSON Feed', urls.json),
    el('h3', {}, 'For a feed-reader app (Google Reader API, “FreshRSS”)'),
    field('Address', urls.greader),
    field('User', name),
    field('Password', token),
    el('h3', {}, 'In a browser, without a login'),
    field('Reader page', urls.reader),
  );
}

/** Text with a button that copies it. */
function field(title, text) {
  const input = el('input', { readonly: true, value: text, focus: () => input.select() });
  const button = el('button', { type: 'button', click: copy });
  const says = (word) => {
    button.textContent = word;
    button.setAttribute('aria-label', `${word}: ${title}`);
  };
  async function copy() {
    input.select();
    says((await isCopied(text)) ? 'Copied' : 'Press Ctrl+C');
    setTimeout(() => says('Copy'), 3_000);
  }
  says('Copy');
  return el('div', { class: 'copy' }, el('label', {}, title, input), button);
}

/** Over plain http from elsewhere pages have no access to the clipboard; the selected text can be copied by hand. */
async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}
