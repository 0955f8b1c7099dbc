/** Names made safe to show: one line of text, without control characters and without characters that change the direction of other text. */

import type { Profile } from '../wire.ts';
import type { Author } from './entries.ts';

export const MAX_NAME = 64;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** Control, private-use and invisible characters, except the emoji joiner. */
const disturbing = /[\p{Cc}\p{Cs}\p{Co}\u2028\u2029]|(?!\u200d)\p{Cf}/gu;

/** At most 64 characters; undefined if nothing is left. */
export function shownName(text: string | undefined): string | undefined {
  const line = (text ?? '')
    .slice(0, 1_000)
    .toWellFormed()
    .replace(disturbing, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  let name = '';
  for (const { segment } of graphemes.segment(line)) {
    if (name.length + segment.length > MAX_NAME) break;
    name += segment;
  }
  return name.trim() || undefined;
}

const handle = /^(?=.{3,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/** undefined where it is not valid now: `handle.invalid`. */
export function shownHandle(text: string | undefined): string | undefined {
  const lower = text?.toLowerCase() ?? '';
  return handle.test(lower) && lower !== 'handle.invalid' ? lower : undefined;
}

/** Of Bluesky's CDN alone. */
export const cdnAvatar = (url: string | undefined): string | undefined =>
  url !== undefined && url.length <= 500 && /^https:\/\/cdn\.bsky\.app\/[\w./:%@-]+$/.test(url)
    ? url
    : undefined;

const MOST_LABELS = 20;
/** Labels on the profile record (its picture and words) only, and labels on the account. */
const profileRecord = /\/app\.bsky\.actor\.profile\/self$/;
const hidesPicture = new Set(['!hide', '!warn', 'porn', 'sexual', 'graphic-media', 'nudity']);
const NOT_UNAUTHENTICATED = '!no-unauthenticated';

export function authorOf({ handle: claimed, displayName, avatar, labels }: Profile, at: number): Author {
  const ofRecord = labels.filter(({ uri = '' }) => profileRecord.test(uri));
  const ofAccount = labels.filter((label) => !ofRecord.includes(label) || label.val === NOT_UNAUTHENTICATED);
  const isBare = ofRecord.some(({ val }) => hidesPicture.has(val));
  const shown = ofAccount.slice(0, MOST_LABELS).map(({ val, src }) => ({ val, src }));
  return {
    at,
    handle: shownHandle(claimed),
    name: shownName(displayName),
    avatar: isBare ? undefined : cdnAvatar(avatar),
    ...(shown.length && { labels: shown }),
  };
}
