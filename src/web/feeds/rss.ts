/** RSS 2.0. */
import type { Entry } from './entry.ts';
import type { Feed, FeedFormat } from './feed.ts';
import { mediaContent } from './media-rss.ts';
import { element, emptyElement } from './xml.ts';

const TYPE = 'application/rss+xml';

export const rss: FeedFormat = {
  contentType: `${TYPE}; charset=utf-8`,
  render: ({ title, description, homeUrl, url, nextUrl, updatedMs, entries }: Feed) =>
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">',
      '<channel>',
      element('title', title),
      element('link', homeUrl),
      element('description', description),
      emptyElement('atom:link', { rel: 'self', type: TYPE, href: url }),
      nextUrl === undefined ? '' : emptyElement('atom:link', { rel: 'next', type: TYPE, href: nextUrl }),
      element('lastBuildDate', rfc822(updatedMs)),
      ...entries.map(item),
      '</channel>',
      '</rss>\n',
    ].join('\n'),
};

function item({ guid, url, title, html, author, publishedMs, subscriptions, pictures }: Entry): string {
  return [
    '<item>',
    element('title', title),
    element('link', url),
    element('guid', guid, { isPermaLink: 'false' }),
    element('pubDate', rfc822(publishedMs)),
    element('dc:creator', author.name),
    ...subscriptions.map((name) => element('category', name)),
    element('description', html),
    ...pictures.map(mediaContent),
    '</item>',
  ].join('\n');
}

const rfc822 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');
