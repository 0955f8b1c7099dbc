/** An item as the Google Reader API shows it. The types are those that its clients fail on otherwise; nothing is null. */
import { parseJson, timeMsOf } from '../../../queues/index.ts';
import { toContent } from '../feeds/entry.ts';
import type { Pictures } from '../post/pictures.ts';
import type { ShownItem } from '../post/shown-item.ts';
import { longId, timestampUsec } from './ids.ts';
import { LABEL, stateName } from './stream-names.ts';

/** Some clients take titles for HTML and some do not: these look alike, and mean nothing to either. */
const lookalikes: Record<string, string> = { '&': '＆', '<': '＜', '>': '＞' };
export const plainTitle = (text: string): string =>
  text.toWellFormed().replace(/[&<>]/g, (char) => lookalikes[char]!);

/** Of a feed. Never empty, whatever its subscription is called. */
export const feedTitle = (title: string | undefined, subscription: string): string =>
  [title, subscription].map((text) => plainTitle(text ?? '').trim()).find((text) => text !== '') ??
  'Untitled';

/** Of all items of an answer. */
export interface Setting {
  /** The subscriber's name. */
  inbox: string;
  pictures: Pictures;
  /** Where an item of this subscription (plain name) comes from. */
  originOf(subscription: string): { streamId: string; htmlUrl: string };
}

export function greaderItem(item: ShownItem, { inbox, pictures, originOf }: Setting) {
  const { url, title, html, author, publishedMs, deliveredMs } = entryOf(inbox, item, pictures);
  const [first] = item.matchedBy;
  // Another program may have written it.
  const subscription = typeof first?.subscription_id === 'string' ? first.subscription_id : '';
  const published = Math.floor(publishedMs / 1_000);
  return {
    id: longId(item.id),
    crawlTimeMsec: String(deliveredMs),
    timestampUsec: timestampUsec(item.id),
    published,
    updated: published,
    title: plainTitle(title),
    canonical: [{ href: url }],
    alternate: [{ href: url, type: 'text/html' }],
    categories: [
      stateName('reading-list'),
      LABEL,
      ...(item.read ? [stateName('read')] : []),
      ...(item.starred ? [stateName('starred')] : []),
    ],
    origin: {
      ...originOf(subscription),
      title: feedTitle(first?.title, subscription),
    },
    summary: { content: html },
    ...(author.name !== '' && { author: plainTitle(author.name) }),
  };
}

export const secondsOf = (id: string | undefined): number =>
  id === undefined ? 0 : Math.floor(timeMsOf(id) / 1_000);

/** As in feeds, but titles name no subscriptions: the feed does. */
function entryOf(inbox: string, item: ShownItem, pictures: Pictures) {
  return toContent(inbox, { ...item, matchedBy: [], postJson: wellFormed(item.postJson) }, pictures);
}

/** A lone surrogate, which only an escape can bring, becomes U+FFFD; feeds drop it. */
function wellFormed(postJson: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(postJson)) return postJson;
  return JSON.stringify(parseJson(postJson), (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}
