/** A post as safe HTML: our own markup, escaped text, and links to http and https only. */
import { escapeHtml } from '../http/html.ts';
import { asJpeg } from '../post/pictures.ts';
import type { PostView } from '../post/post-view.ts';
import type { Medium } from '../post/record.ts';
import { coverOf, type Segment, segments, tagHref } from '../reader/post.js';
import { answeredHtml, quoteHtml, withdrawnText } from './references-html.ts';

export interface Shown extends Omit<PostView, 'isHidden'> {
  text: string;
  facets?: unknown;
}

/** What labels cover is in no feed: a link to the post replaces it. */
export function contentHtml(shown: Shown): string {
  const { text, facets, url, media, quote, reply_to, labels, tags, withdrawn } = shown;
  if (withdrawn) return `<p>${withdrawnText(withdrawn.why)}</p>`;
  const { covers, why } = coverOf(labels);
  const isCovered = covers === 'everything' || covers === 'post';
  const covered = (what: string) =>
    `<p dir="auto">[${what}, labelled ${lines(why.join(', '))}: ${link('see it on Bluesky', url)}]</p>`;
  if (isCovered) return covered('Not shown here');
  return [
    reply_to ? answeredHtml(reply_to) : '',
    text === '' ? '' : `<p dir="auto">${segments(text, facets).map(segmentHtml).join('')}</p>`,
    ...(covers === 'media' && media.length > 0 ? [covered(countOf(media))] : media.map(mediumHtml)),
    quote ? quoteHtml(quote, (quote.media ?? []).map(mediumHtml).join('')) : '',
    tags.length === 0
      ? ''
      : `<p dir="auto">${tags.map((tag) => link(`#${tag}`, tagHref(tag))).join(' ')}</p>`,
  ].join('');
}

/** `3 images`, `Video`, `Link`. */
export function countOf(media: readonly Medium[]): string {
  const images = media.filter(({ kind }) => kind === 'image').length;
  if (images > 0) return images === 1 ? 'Image' : `${images} images`;
  return media.some(({ kind }) => kind === 'video') ? 'Video' : 'Link';
}

/** The pictures that a feed may show, as JPEG. */
export function picturesOf({
  media,
  labels,
}: Pick<PostView, 'media' | 'labels'>): { url: string; alt: string }[] {
  if (coverOf(labels).covers !== 'nothing') return [];
  return media.flatMap((medium) => {
    const url = medium.kind === 'image' ? medium.url : medium.thumb_url;
    return url === null ? [] : [{ url: asJpeg(url), alt: medium.alt }];
  });
}

function segmentHtml({ text, href }: Segment): string {
  return href === undefined ? lines(text) : `<a href="${escapeHtml(href)}" ${rel}>${lines(text)}</a>`;
}

const rel = 'rel="nofollow noopener noreferrer"';
const lines = (text: string): string => escapeHtml(text).replace(/\r\n?|\n/g, '<br>');
const link = (text: string, href: string): string =>
  `<a href="${escapeHtml(href)}" ${rel}>${lines(text)}</a>`;

const picture = (src: string, alt: string): string =>
  `<img src="${escapeHtml(asJpeg(src))}" alt="${escapeHtml(alt)}" loading="lazy" referrerpolicy="no-referrer">`;
const linked = (inside: string, href: string | null): string =>
  href === null ? inside : `<a href="${escapeHtml(href)}" ${rel}>${inside}</a>`;

function mediumHtml({ kind, url, thumb_url, alt, title, description }: Medium): string {
  if (kind === 'card') {
    const about = description === null ? '' : `<p>${lines(description)}</p>`;
    const image = thumb_url === null ? '' : `<p>${linked(picture(thumb_url, ''), url)}</p>`;
    return `<blockquote dir="auto">${image}<p>${linked(lines(title ?? ''), url)}</p>${about}</blockquote>`;
  }
  const what = kind === 'image' ? 'Image' : 'Video';
  const words = `[${kind === 'video' ? linked(what, url) : what}${alt ? `: ${lines(alt)}` : ''}]`;
  if (thumb_url === null) return `<p dir="auto">${words}</p>`;
  // A video may have no still, so its text is shown, too.
  return `<p dir="auto">${linked(picture(thumb_url, alt), url)}${kind === 'video' ? `<br>${words}` : ''}</p>`;
}
