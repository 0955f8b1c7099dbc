/** Atom (RFC 4287), older items by `rel="next"` (RFC 5005). */
import type { Entry } from './entry.ts';
import type { Feed, FeedFormat } from './feed.ts';
import { mediaContent } from './media-rss.ts';
import { element, emptyElement } from './xml.ts';

const TYPE = 'application/atom+xml';

export const atom: FeedFormat = {
  contentType: `${TYPE}; charset=utf-8`,
  render: ({ id, title, description, homeUrl, url, nextUrl, updatedMs, entries }: Feed) =>
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">',
      element('id', id),
      element('title', title),
      element('subtitle', description),
      element('updated', iso(updatedMs)),
      element('generator', 'skywire-inbox'),
      emptyElement('link', { rel: 'self', type: TYPE, href: url }),
      emptyElement('link', { rel: 'alternate', type: 'text/html', href: homeUrl }),
      nextUrl === undefined ? '' : emptyElement('link', { rel: 'next', type: TYPE, href: nextUrl }),
      ...entries.map(entry),
      '</feed>\n',
    ].join('\n'),
};

function entry({
  guid,
  url,
  title,
  html,
  author,
  language,
  publishedMs,
  updatedMs,
  subscriptions,
  pictures,
}: Entry): string {
  return [
    '<entry>',
    element('id', guid),
    element('title', title),
    emptyElement('link', { rel: 'alternate', type: 'text/html', href: url }),
    element('published', iso(publishedMs)),
    element('updated', iso(updatedMs)),
    `<author>${element('name', author.name || 'unknown')}${element('uri', author.url)}</author>`,
    ...subscriptions.map((term) => emptyElement('category', { term })),
    element('content', html, { type: 'html', ...(language && { 'xml:lang': language }) }),
    ...pictures.map(mediaContent),
    '</entry>',
  ].join('\n');
}

const iso = (ms: number): string => new Date(ms).toISOString();
