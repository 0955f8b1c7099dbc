/** What a search looks through. Pure, and never throws, whatever a record contains. */
import type { Choose, Item } from '../../inbox/read/inbox-reader.ts';
import { createPictures } from './pictures.ts';
import { readRecord } from './record.ts';

/**
 * The texts of each item, in order: a word counts that stands in any of them. undefined: the item is not found by any word. Whoever knows
 * names of authors adds them to `textsOfPost`.
 */
export type SearchTexts = (
  items: readonly Item[],
  signal?: AbortSignal,
) => Promise<readonly (readonly string[] | undefined)[]> | readonly (readonly string[] | undefined)[];

export const textsOfPosts: SearchTexts = (items) => items.map(textsOfPost);

const noPictures = createPictures(undefined);

/** What a post itself says: text, alt texts, card. undefined: it is no longer kept. */
export function textsOfPost({ postJson }: Pick<Item, 'postJson'>): string[] | undefined {
  if (postJson === '') return undefined;
  const { text, raw_record: record } = JSON.parse(postJson) as { text?: unknown; raw_record?: unknown };
  const { media } = readRecord(record, { author: '', url: '', pictures: noPictures });
  const written = (record as { text?: unknown } | null | undefined)?.text;
  return [text, ...(written === text ? [] : [written]), ...media.flatMap(textsOfMedium)].filter(
    (one) => typeof one === 'string',
  );
}

const textsOfMedium = ({
  alt,
  title,
  description,
  kind,
  url,
}: ReturnType<typeof readRecord>['media'][number]) =>
  kind === 'card' ? [title, description, url && new URL(url, 'https://bsky.app').hostname] : [alt];

/** Chooses the items in whose texts every word stands, parts of words included. */
export function holdingAll(words: readonly string[], searchTexts: SearchTexts): Choose {
  const wanted = words.flatMap((word) => folded(word).split(/\s+/)).filter((word) => word !== '');
  return async (items, signal) => {
    const texts = await searchTexts(items, signal);
    return items.filter((_, at) => {
      const found = texts[at];
      if (found === undefined) return false;
      // No word holds a line break: none is found across two texts.
      const text = folded(found.join('\n'));
      return wanted.every((word) => text.includes(word));
    });
  };
}

const ascii = /^[\0-\x7f]*$/; // oxlint-disable-line no-control-regex

/** The same for what differs in case or Unicode form only: ß and SS, ς and Σ, é and e with an accent, full-width letters. */
function folded(text: string): string {
  if (ascii.test(text)) return text.toUpperCase();
  return text.normalize('NFKC').toLowerCase().toUpperCase().normalize('NFKC');
}
