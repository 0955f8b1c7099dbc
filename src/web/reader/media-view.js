/** Pictures, videos and cards of an item. What labels cover is not even created before it is requested, so that it is not loaded. */
import { noteView } from './author-view.js';
import { link, make } from './dom.js';
import { icon } from './icons.js';

const MOST_PICTURES = 6;

/** @param why the labels that cover it; none: it stands open */
export function mediaView(media, why = []) {
  if (media.length === 0) return [];
  const place = make('div', { class: 'media' });
  const open = () => place.replaceChildren(...mediaViews(media));
  if (why.length === 0) open();
  else place.append(coverView(`Show what its author or Bluesky labelled ${why.join(', ')}`, open));
  return [place];
}

export function coverView(words, open) {
  const button = make('button', { class: 'cover' }, icon('hidden'), make('span', {}, words));
  button.addEventListener('click', open);
  return button;
}

function mediaViews(media) {
  const isPicture = ({ kind, thumb_url }) => kind === 'image' && thumb_url;
  const pictures = media.filter(isPicture);
  const others = media.filter((medium) => !isPicture(medium)).map(mediumView);
  return pictures.length > 0 ? [gridView(pictures), ...others] : others;
}

function gridView(pictures) {
  const tiles = pictures.map(tileView);
  const grid = make(
    'div',
    { class: `grid of${Math.min(tiles.length, 5)}` },
    ...tiles.slice(0, MOST_PICTURES),
  );
  if (tiles.length === 1) shape(tiles[0], pictures[0]);
  if (tiles.length <= MOST_PICTURES) return grid;
  const more = make('button', { class: 'more' }, `Show all ${tiles.length} pictures`);
  more.addEventListener('click', () => {
    grid.append(...tiles.slice(MOST_PICTURES));
    more.remove();
  });
  return make('div', {}, grid, more);
}

function tileView(medium) {
  const { url, alt } = medium;
  const what = wordsOf(medium);
  const image = picture(medium, alt || what);
  const tile = link(image, url);
  if (tile === image) return image;
  tile.setAttribute('data-do', 'picture');
  if (alt) tile.append(make('span', { class: 'badge', 'aria-hidden': 'true', title: alt }, 'ALT'));
  image.addEventListener('error', () => {
    tile.classList.add('broken');
    tile.replaceChildren(what);
  });
  return tile;
}

/** Reserves the space of a single picture or still until it is loaded; a very tall one is cropped, and whole when opened. */
function shape(tile, { width, height }) {
  if (width && height) tile.style.aspectRatio = String(Math.min(Math.max(width / height, 0.9), 3));
}

function mediumView(medium) {
  const { kind, url, thumb_url, alt } = medium;
  if (kind === 'card') return cardView(medium);
  const what = wordsOf(medium);
  const words = () =>
    noteView(kind === 'image' ? 'image' : 'play', make('bdi', { dir: 'auto' }, link(what, url)));
  if (!thumb_url) return words();
  const image = picture(medium, alt || what);
  const still = link(image, url);
  still.classList.add('still');
  still.append(make('span', { class: 'play' }, icon('play')));
  shape(still, { width: medium.width ?? 16, height: medium.height ?? 9 });
  // A video that Bluesky has not processed has no still, and a picture may be gone.
  image.addEventListener('error', () => still.replaceWith(words()));
  return still;
}

const wordsOf = ({ kind, alt }) => `${kind === 'image' ? 'Image' : 'Video'}${alt ? `: ${alt}` : ''}`;

function cardView(medium) {
  const { url, thumb_url, title, description } = medium;
  const host = url && URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, '') : '';
  const words = make(
    'span',
    { class: 'words' },
    make('span', { class: 'host' }, host),
    make('bdi', { class: 'title', dir: 'auto' }, title || host || 'Link'),
    ...(description ? [make('bdi', { class: 'description', dir: 'auto' }, description)] : []),
  );
  const card = link(words, url);
  card.classList.add('card');
  if (!thumb_url || card === words) return card;
  const image = picture(medium, '');
  image.addEventListener('error', () => image.remove());
  card.prepend(image);
  return card;
}

const picture = ({ thumb_url, width, height }, alt) =>
  make('img', { loading: 'lazy', referrerpolicy: 'no-referrer', width, height, alt, src: thumb_url });
