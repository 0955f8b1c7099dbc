/** JSON Feed 1.1. */
import type { Entry } from './entry.ts';
import type { Feed, FeedFormat } from './feed.ts';
import { dropForbidden } from './xml.ts';

export const jsonFeed: FeedFormat = {
  contentType: 'application/feed+json; charset=utf-8',
  render: ({ title, description, homeUrl, url, nextUrl, entries }: Feed) =>
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: dropForbidden(title),
      description: dropForbidden(description),
      home_page_url: homeUrl,
      feed_url: url,
      ...(nextUrl !== undefined && { next_url: nextUrl }),
      items: entries.map(item),
    }),
};

function item(entry: Entry) {
  const { guid, url, title, html, author, language, publishedMs, updatedMs, subscriptions, pictures } = entry;
  return {
    id: guid,
    url,
    title,
    content_html: html,
    date_published: new Date(publishedMs).toISOString(),
    date_modified: new Date(updatedMs).toISOString(),
    authors: [author],
    tags: subscriptions,
    ...(language && { language }),
    ...(pictures.length > 0 && {
      attachments: pictures.map((picture) => ({
        url: picture.url,
        mime_type: 'image/jpeg',
        ...(picture.alt && { title: picture.alt }),
      })),
    }),
  };
}
