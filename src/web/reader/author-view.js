/** The author of a post: what is known, else what the DID gives. Names are isolated, so that they change no direction around them. */

import { link, make } from './dom.js';
import { icon } from './icons.js';
import { profileHref } from './post.js';
import { ago, inFull } from './when.js';

const HUES = 8;
const MOST_CHARACTERS = 64;

const shortened = (text) => [...text.trim()].slice(0, MOST_CHARACTERS).join('');
const shortDid = (did) => (did.length > 26 ? `${did.slice(0, 14)}…${did.slice(-4)}` : did);

/** The author's name for display. */
export const nameOf = ({ did, handle, display_name }) =>
  shortened(display_name || handle || '') || shortDid(did) || 'unknown';

const handleOf = ({ handle, display_name }) => (handle && display_name ? `@${shortened(handle)}` : '');

/** With `isPlain`, without a picture. */
export function avatarView(author, isPlain = false) {
  const { did = '', avatar_url } = author;
  const drawn = () =>
    make('span', { class: `avatar hue${hueOf(did)}`, 'aria-hidden': 'true' }, initialOf(author));
  if (!avatar_url || isPlain) return drawn();
  const image = make('img', {
    class: 'avatar',
    alt: '',
    loading: 'lazy',
    referrerpolicy: 'no-referrer',
    src: avatar_url,
  });
  image.addEventListener('error', () => image.replaceWith(drawn()));
  return image;
}

/** Initial of the name, or else of the distinctive part of the DID. */
function initialOf(author) {
  const name = author.display_name || author.handle || (author.did ?? '').split(':').at(-1);
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}

function hueOf(did) {
  let sum = 0;
  for (const char of did) sum = (sum * 31 + char.codePointAt(0)) % 9_973;
  return sum % HUES;
}

export const authorView = (author) =>
  make(
    'span',
    { class: 'author', title: author.did },
    link(make('bdi', { class: 'name' }, nameOf(author)), profileHref(author.did)),
    ...(handleOf(author) ? [' ', make('bdi', { class: 'handle' }, handleOf(author))] : []),
  );

/** Refreshed by `refreshTimes`. */
export function timeView(date, href, title = inFull(date)) {
  const time = make('time', { datetime: date.toISOString() }, ago(date));
  const view = link(time, href);
  view.setAttribute('title', title);
  return view;
}

export function refreshTimes(place) {
  for (const time of place.querySelectorAll('time')) time.textContent = ago(new Date(time.dateTime));
}

/** A line with an icon before it. */
export const noteView = (name, ...words) =>
  make('p', { class: 'note' }, icon(name), make('span', {}, ...words));
