/** Shared by the operator's pages. Untrusted text only ever becomes text nodes, never markup. */

/** `el('p', {class: 'soft'}, 'text', child)`. A function as attribute is an event listener; false omits the attribute. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const byId = (id) => document.getElementById(id);

let isPressing = false;
addEventListener('pointerdown', () => {
  isPressing = true;
});
for (const end of ['pointerup', 'pointercancel', 'blur']) {
  addEventListener(end, () => setTimeout(() => (isPressing = false)));
}

/** Replaces only what differs, never while it is being pressed, and keeps the focus. */
export function show(id, ...children) {
  const place = byId(id);
  const next = el('div', {}, ...children);
  if (isPressing || place.dataset.shown === next.innerHTML) return;
  place.dataset.shown = next.innerHTML;
  const focused = focusable(place).indexOf(document.activeElement);
  place.replaceChildren(...next.childNodes);
  if (focused >= 0) focusable(place)[focused]?.focus();
}

const focusable = (place) => [...place.querySelectorAll('a, button, input, textarea')];

export class AnswerError extends Error {}

async function answerOf(response) {
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body;
  throw Object.assign(new AnswerError(body?.detail ?? `The server answered ${response.status}`), {
    status: response.status,
  });
}

/** An address of ours, `/parked`, below the path that PUBLIC_URL may have. */
export const urlOf = (path) => new URL(`..${path}`, import.meta.url).href;

/** Without a timeout, a request whose connection died with the network would block the page for ever. */
const ANSWER_WITHIN_MS = 20_000;

export async function get(path) {
  const line = new AbortController();
  const timer = setTimeout(() => line.abort(), ANSWER_WITHIN_MS);
  try {
    return await answerOf(await fetch(urlOf(path), { signal: line.signal }));
  } catch (error) {
    throw error instanceof AnswerError ? error : new AnswerError('The server does not answer');
  } finally {
    clearTimeout(timer);
  }
}
export const post = (path, body = {}) =>
  send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
export const remove = (path) => send(path, { method: 'DELETE' });
const send = async (path, request) => answerOf(await fetch(urlOf(path), request));

/** Without a message: hides it. */
export function showMessage(message, kind = 'bad') {
  const place = byId('told');
  place.hidden = !message;
  place.className = `card ${kind}`;
  place.textContent = message ?? '';
}

function showStale(error) {
  byId('stale').hidden = error === undefined;
  if (error) byId('stale').textContent = `Not up to date: ${error.message}`;
}

/** Polls while the page is visible, one request at a time. */
export function repeat(everyMs, work) {
  const run = async () => {
    if (!document.hidden) {
      try {
        await work();
        showStale();
      } catch (error) {
        showStale(error);
      }
    }
    setTimeout(run, everyMs);
  };
  return run();
}

const number = new Intl.NumberFormat('en');
export const count = (value) => number.format(value);
export const many = (value, one, more = `${one}s`) => `${count(value)} ${value === 1 ? one : more}`;

export function ago(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  return seconds < 60 ? 'just now' : `${duration(seconds)} ago`;
}

export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at += 1) value /= 1000;
  return `${value < 10 && at > 0 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** Spells out invisible characters and bidi controls. */
export const visible = (text) =>
  text.replace(
    /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A page opened while the server restarts waits for it, and needs no reload. */
async function whenAnswered(path) {
  for (;;) {
    try {
      return await get(path);
    } catch (error) {
      if (error.status === 401 || error.status === 403) throw error;
      showStale(error);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

/** Shows who is logged in. The viewer gets no buttons, which the server would reject anyway. */
export async function session() {
  const { who, role, environment } = await whenAnswered('/operator/session');
  byId('who').textContent = role === 'viewer' ? `${who}, read-only` : who;
  const badge = byId('environment');
  badge.hidden = !environment;
  badge.textContent = environment ?? '';
  if (/prod|live/i.test(environment ?? '')) badge.classList.add('production');
  return { who, role, mayChange: role === 'admin' };
}
