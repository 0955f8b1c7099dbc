/** What a search looks through. Never throws for what a record contains. */
import { parseJson } from '../../../queues/index.ts';
import type { Glance } from '../../bluesky/reading/glance.ts';
import type { Reading } from '../../bluesky/reading/reading.ts';
import type { Choose, Item, Scanned } from '../../inbox/read/inbox-reader.ts';
import { coverOf } from '../reader/post.js';
import { createPictures } from './pictures.ts';
import { readRecord } from './record.ts';

/** The texts of each item, in order: a word counts that stands in any of them. undefined: the item is not found by any word. */
export type SearchTexts = (
  items: readonly Scanned[],
) => Promise<readonly (readonly string[] | undefined)[]> | readonly (readonly string[] | undefined)[];

/** What posts say, and what is known already of their authors: a search asks Bluesky for nobody. */
export const createSearchTexts =
  (reading: Pick<Reading, 'glance'>): SearchTexts =>
  async (items) => {
    const said = items.map((item) => ({ identity: item.identity, ...saidIn(item) }));
    const known = await reading.glance(said.map(({ identity, did = '' }) => ({ identity, did })));
    return said.map(({ texts }, at) => texts && withName(texts, known[at]));
  };

/** Nothing is found by what is not shown: of a withdrawn post nothing is, of one that its labels hide only the name. */
function withName(texts: readonly string[], known: Glance | undefined): readonly string[] | undefined {
  if (!known) return texts;
  if (known.withdrawn) return undefined;
  const { name = null, handle = null } = known.author ?? {};
  const names = [name, handle && `@${handle}`].filter((one) => one !== null);
  return coverOf(known.labels).covers === 'everything' ? names : [...texts, ...names];
}

const noPictures = createPictures(undefined);

/** What a post itself says: text, alt texts, card. Nothing where it is no longer kept. */
export function saidIn({ postJson }: Pick<Item, 'postJson'>): { did?: string; texts?: string[] } {
  if (postJson === '') return {};
  const post = parseJson(postJson) as { text?: unknown; author?: unknown; raw_record?: unknown };
  const { text, author, raw_record: record } = post;
  const { text: written, embed } = (record ?? {}) as { text?: unknown; embed?: unknown };
  const media = embed ? readRecord(record, { author: '', url: '', pictures: noPictures }).media : [];
  const all = [text, ...(written === text ? [] : [written]), ...media.flatMap(textsOfMedium)];
  return {
    ...(typeof author === 'string' && { did: author }),
    texts: all.filter((one) => typeof one === 'string'),
  };
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
  return async (items) => {
    const texts = await searchTexts(items);
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
