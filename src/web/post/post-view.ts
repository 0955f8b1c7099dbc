/** A post for display: the contents of its record, with what is known from Bluesky. The same for API and feeds. */
import type { KnownAuthor, KnownPost, KnownReference } from '../../bluesky/reading/shown.ts';
import { isDisproved } from '../../bluesky/record-key.ts';
import { postUrl } from '../api/post-url.ts';
import { coverOf } from '../reader/post.js';
import type { Pictures } from './pictures.ts';
import { type Label, type Medium, type RecordView, type Reference, readRecord } from './record.ts';

export interface AuthorView {
  did: string;
  handle: string | null;
  display_name: string | null;
  avatar_url: string | null;
}

/** With `state` it was looked up: then it has its author, and its text if the state is `ok`. */
export interface ReferenceView extends Omit<Reference, 'author'> {
  author: { did: string } | AuthorView;
  text?: string;
  media?: Medium[];
  state?: KnownReference['state'];
}

export interface PostView extends Omit<RecordView, 'quote' | 'reply_to'> {
  url: string;
  author?: AuthorView;
  quote?: ReferenceView;
  reply_to?: ReferenceView;
  withdrawn?: { at: string; why: string };
  /** The text is not shown either: the post was withdrawn, or labels say so. */
  isHidden: boolean;
}

export function viewPost(
  { uri, author, cid, record }: { uri: string; author: string; cid?: unknown; record: unknown },
  known: KnownPost | undefined,
  pictures: Pictures,
): PostView {
  const url = known
    ? postUrl(known.rkey === undefined ? '' : `at://${author}/app.bsky.feed.post/${known.rkey}`, author)
    : postUrl(isDisproved(cid, Object(record)) ? '' : uri, author);
  const { quote, reply_to, ...view } = readRecord(record, { author, url, pictures });
  if (!known)
    return { ...view, ...(quote && { quote }), ...(reply_to && { reply_to }), url, isHidden: false };
  const labels = distinct([...view.labels, ...known.labels]);
  const { withdrawn } = known;
  const isHidden = withdrawn !== undefined || coverOf(known.labels).covers === 'everything';
  const shownQuote = quote && referenceView(quote, known.quote, pictures, true);
  const answered = reply_to && referenceView(reply_to, known.parent, pictures, false);
  return {
    url,
    ...(known.author && { author: authorView(known.author, pictures) }),
    labels,
    ...(withdrawn && { withdrawn: { at: new Date(withdrawn.at).toISOString(), why: withdrawn.why } }),
    isHidden,
    ...(isHidden ? { media: [], tags: [] } : { media: view.media, tags: view.tags }),
    ...(!isHidden && shownQuote && { quote: shownQuote }),
    ...(!isHidden && answered && { reply_to: answered }),
  };
}

const authorView = ({ did, handle, name, avatar }: KnownAuthor, pictures: Pictures): AuthorView => ({
  did,
  handle,
  display_name: name,
  avatar_url: pictures.known(avatar),
});

function referenceView(
  reference: Reference,
  known: KnownReference | undefined,
  pictures: Pictures,
  hasMedia: boolean,
): ReferenceView {
  if (!known || known.uri !== reference.uri) return reference;
  const { record, state, author } = known;
  const { covers } = coverOf(known.labels);
  const own = readRecord(record, { author: author.did, url: reference.url, pictures });
  const isOpen = covers === 'nothing' && coverOf(own.labels).covers === 'nothing';
  return {
    uri: reference.uri,
    url: reference.url,
    author: authorView(author, pictures),
    text: covers === 'everything' ? '' : (record?.text ?? ''),
    ...(hasMedia && { media: isOpen ? own.media : [] }),
    state,
  };
}

const distinct = (labels: readonly Label[]): Label[] => [
  ...new Map(labels.map((label) => [`${label.val} ${label.src}`, label])).values(),
];

/** `Name (@handle)`, for where there is no markup; `fallback` where neither is known. */
export function authorName(author: { did: string } | AuthorView | undefined, fallback: string): string {
  if (!author || !('handle' in author)) return fallback;
  const { display_name: name, handle } = author;
  if (name === null) return handle === null ? fallback : `@${handle}`;
  const isolated = rightToLeft.test(name) ? `\u2068${name}\u2069` : name;
  return handle === null ? isolated : `${isolated} (@${handle})`;
}

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
