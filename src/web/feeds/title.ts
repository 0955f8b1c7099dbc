/** A post's title: its first words or its media, and the subscriptions it matched. Never empty. */
import type { PostView } from '../post/post-view.ts';
import { coverOf } from '../reader/post.js';
import { countOf } from './content.ts';

type Titled = Pick<PostView, 'media' | 'labels' | 'tags' | 'quote' | 'withdrawn'>;

const MAX_TITLE = 80;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Control characters and bidi overrides. */
const disturbing = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

export function titleOf(
  text: string,
  { author, record, labels }: { author: string; record: Titled; labels: readonly string[] },
): string {
  const { covers, why } = coverOf(record.labels);
  const isCovered = covers === 'post' || covers === 'everything';
  const isGone = record.withdrawn && `Withdrawn: a post by ${author || 'nobody named'}`;
  const words =
    isGone ||
    (isCovered ? '' : firstWords(text) || describe(record, covers === 'media' ? why : [])) ||
    `Post by ${author || 'nobody named'}`;
  return labels.length === 0 ? words : `${words} [${labels.map((label) => firstWords(label)).join(', ')}]`;
}

/** Each of them a grapheme of its own, whatever stands beside it: Latin, Greek, Cyrillic, common punctuation, kana, Chinese. */
const single =
  /^[\x20-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u3001-\u3029\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff]*$/;

/** At most 80 graphemes, cut between words if possible. */
export function firstWords(text: string): string {
  const line = text.slice(0, 1_000).toWellFormed().replace(disturbing, ' ').replace(/\s+/gu, ' ').trim();
  if (line.length <= MAX_TITLE) return line;
  if (single.test(line.slice(0, MAX_TITLE + 1))) {
    const lastSpace = line.lastIndexOf(' ', MAX_TITLE - 1);
    return `${line.slice(0, lastSpace > MAX_TITLE / 2 ? lastSpace : MAX_TITLE)}…`;
  }
  return firstGraphemes(line);
}

/** The same of any text. Slow: a microsecond a grapheme. */
function firstGraphemes(line: string): string {
  const shown: string[] = [];
  for (const { segment } of graphemes.segment(line)) {
    if (shown.length === MAX_TITLE) {
      const lastSpace = shown.lastIndexOf(' ');
      return `${shown.slice(0, lastSpace > MAX_TITLE / 2 ? lastSpace : MAX_TITLE).join('')}…`;
    }
    shown.push(segment);
  }
  return line;
}

/** `3 images: a cat`, `Video`, a card's title; without the text of what labels cover. */
function describe({ media, quote, tags }: Titled, why: readonly string[]): string {
  const what = countOf(media);
  if (why.length > 0 && media.length > 0) return `${what} (${why.join(', ')})`;
  const [first] = media;
  const words = media.map(({ alt }) => firstWords(alt)).find((alt) => alt !== '') ?? '';
  if (first?.kind === 'card') return firstWords(first.title ?? '');
  if (first) return words === '' ? what : `${what}: ${words}`;
  return quote ? 'Quoted post' : firstWords(tags.map((tag) => `#${tag}`).join(' '));
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Shortens a UUID to its first part. */
export const subscriptionLabel = (id: string): string => (uuid.test(id) ? id.slice(0, 8) : id);
