/** A post's title: its first words or its attachment, and the subscriptions it matched. */
import type { Attachment } from '../reader/post.js';

const MAX_TITLE = 80;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Control characters and bidi overrides. */
const disturbing = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

export function titleOf(
  text: string,
  {
    author,
    attachments,
    labels,
  }: { author: string; attachments: readonly Attachment[]; labels: readonly string[] },
): string {
  const words =
    firstWords(text) ||
    attachments.map(describe).find((one) => one !== '') ||
    `Post by ${author || 'nobody named'}`;
  return labels.length === 0 ? words : `${words} [${labels.map((label) => firstWords(label)).join(', ')}]`;
}

/** At most 80 graphemes, cut between words if possible. */
export function firstWords(text: string): string {
  const line = text.slice(0, 1_000).toWellFormed().replace(disturbing, ' ').replace(/\s+/gu, ' ').trim();
  const shown: string[] = [];
  for (const { segment } of graphemes.segment(line)) {
    if (shown.length === MAX_TITLE) {
      const lastSpace = shown.lastIndexOf(' ');
      return `${shown.slice(0, lastSpace > MAX_TITLE / 2 ? lastSpace : MAX_TITLE).join('')}…`;
    }
    shown.push(segment);
  }
  return shown.join('');
}

function describe({ kind, text }: Attachment): string {
  const words = firstWords(text);
  switch (kind) {
    case 'image':
      return words && `Image: ${words}`;
    case 'video':
      return words ? `Video: ${words}` : 'Video';
    case 'card':
    case 'quote':
      return words;
    case 'other':
      return '';
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Shortens a UUID to its first part. */
export const subscriptionLabel = (id: string): string => (uuid.test(id) ? id.slice(0, 8) : id);
