/** An item, independent of the feed format. */
import { hash } from 'node:crypto';
import { parseJson, timeMsOf } from '../../../queues/index.ts';
import type { Post } from '../api/item-json.ts';
import { postUrl } from '../api/post-url.ts';
import type { Pictures } from '../post/pictures.ts';
import { authorName, viewPost } from '../post/post-view.ts';
import type { ShownItem } from '../post/shown-item.ts';
import { contentHtml, picturesOf } from './content.ts';
import { subscriptionLabel, titleOf } from './title.ts';
import { dropForbidden } from './xml.ts';

export interface Entry {
  /** Stable per post and inbox. Not the `uri`, which currently has no record key. */
  guid: string;
  url: string;
  title: string;
  html: string;
  author: { name: string; url: string; avatar?: string | undefined };
  /** When it was delivered, or last changed. */
  updatedMs: number;
  language: string | undefined;
  publishedMs: number;
  deliveredMs: number;
  /** By title, or else by id. */
  subscriptions: string[];
  /** Without those that labels cover. */
  pictures: { url: string; alt: string }[];
}

/** `inbox` is the subscriber's name; a subscription of the same name is not mentioned in titles. */
export const toEntry = (inbox: string, item: ShownItem, pictures: Pictures): Entry => ({
  guid: guidOf(inbox, item.identity || item.id),
  ...toContent(inbox, item, pictures),
});

export function toContent(inbox: string, item: ShownItem, pictures: Pictures): Omit<Entry, 'guid'> {
  const deliveredMs = timeMsOf(item.id);
  const subscriptions = item.matchedBy.map((match) => dropForbidden(match.title ?? match.subscription_id));
  const common = {
    deliveredMs,
    subscriptions,
    updatedMs: Math.max(deliveredMs, item.known?.since ?? 0),
  };
  if (item.postJson === '') return { ...common, ...gone, publishedMs: deliveredMs };
  const { post, text, rawRecord, createdAt, language } = readPost(item.postJson);
  const view = viewPost({ ...post, record: rawRecord }, item.known, pictures);
  const { url } = view;
  const author = dropForbidden(authorName(view.author, post.author));
  const shownText = view.isHidden ? '' : text;
  const facets = rawRecord?.['facets'];
  const labels = item.matchedBy
    .filter((match) => match.subscription_id !== inbox)
    .map((match) => dropForbidden(match.title ?? subscriptionLabel(match.subscription_id)));
  return {
    ...common,
    url,
    title: dropForbidden(titleOf(shownText, { author, record: view, labels })),
    html: dropForbidden(contentHtml({ ...view, text: shownText, facets })),
    author: { name: author, url: postUrl('', post.author), avatar: view.author?.avatar_url ?? undefined },
    language,
    publishedMs: publishedMs([createdAt, post.indexed_at], deliveredMs),
    pictures: picturesOf(view).map(({ url, alt }) => ({ url, alt: dropForbidden(alt) })),
  };
}

const gone = {
  url: postUrl('', ''),
  title: 'A post that is no longer kept',
  html: '<p>This post is no longer kept.</p>',
  author: { name: 'unknown', url: postUrl('', '') },
  language: undefined,
  pictures: [],
};

/** Another program may have written the item: fields of the wrong type count as empty. */
function readPost(postJson: string) {
  const given = parseJson(postJson) as Partial<Post> & { raw_record?: Record<string, unknown> };
  const { raw_record, indexed_at, cid } = given;
  const post = { uri: textOf(given.uri), author: textOf(given.author), indexed_at, cid };
  const { text, createdAt, langs } = raw_record ?? {};
  // Facets are byte offsets into the record's own text.
  const shownText = typeof text === 'string' ? text : textOf(given.text);
  const first: unknown = Array.isArray(langs) ? langs[0] : undefined;
  const language =
    typeof first === 'string' && /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i.test(first) ? first : undefined;
  return { post, text: shownText, rawRecord: raw_record, createdAt, language };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A name-based UUID: Atom requires a URI, and it does not reveal the subscriber. */
export function guidOf(...names: string[]): string {
  const digest = hash('sha256', JSON.stringify(names), 'hex');
  const variant = ((Number.parseInt(digest[16]!, 16) & 0x3) | 0x8).toString(16);
  const parts = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    variant + digest.slice(17, 20),
    digest.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}

const date = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const EARLIEST_MS = Date.UTC(2000, 0, 1);

/** The first plausible date: authors may claim any, but nothing is published after it was delivered. */
function publishedMs(claims: readonly unknown[], deliveredMs: number): number {
  for (const claim of claims) {
    const ms = typeof claim === 'string' && date.test(claim) ? Date.parse(claim) : Number.NaN;
    if (ms >= EARLIEST_MS && ms <= deliveredMs) return ms;
  }
  return deliveredMs;
}
