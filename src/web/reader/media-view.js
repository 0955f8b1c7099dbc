/** Pictures, videos and cards of an item. What labels cover is not even made before it is asked for, so that it is not loaded. */
import { link, make } from './dom.js';

/** @param why the labels that cover it; none: it stands open */
export function mediaView(media, why) {
  if (media.length === 0) return [];
  const place = make('div', { class: 'media' });
  const open = () => place.replaceChildren(...media.map(mediumView));
  if (why.length === 0) open();
  else {
    const button = make('button', {}, `Show what its author or Bluesky labelled ${why.join(', ')}`);
    button.addEventListener('click', open);
    place.append(button);
  }
  return [place];
}

function mediumView(medium) {
  const { kind, url, thumb_url, alt, title, description } = medium;
  if (kind === 'card')
    return make(
      'blockquote',
      { dir: 'auto' },
      ...(thumb_url ? [make('p', {}, link(picture(medium, ''), url))] : []),
      make('p', {}, link(title ?? '', url)),
      make('p', {}, description ?? ''),
    );
  const what = `${kind === 'image' ? 'Image' : 'Video'}${alt ? `: ${alt}` : ''}`;
  const words = () => make('p', { dir: 'auto' }, '[', link(what, url), ']');
  if (!thumb_url) return words();
  const image = picture(medium, alt || what);
  const figure = make('p', { class: kind }, link(image, url));
  // A video that Bluesky has not processed has no still, and a picture may be gone.
  image.addEventListener('error', () => figure.replaceWith(words()));
  return figure;
}

const picture = ({ thumb_url, width, height }, alt) =>
  make('img', { loading: 'lazy', referrerpolicy: 'no-referrer', width, height, alt, src: thumb_url });
