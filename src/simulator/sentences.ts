/** The text of a generated post, with links, mentions and tags. */
import { base32 } from './identifiers.ts';
import { emoji, type Language } from './languages.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { RichText } from './rich-text.ts';

/** Bluesky's limit is 300 graphemes; tags and links follow. */
const LONGEST_PROSE = 230;

export function makeSentence(random: Random, { sentences }: Language): string {
  return withNumber(random, random.pick(sentences));
}

export function makeText(random: Random, language: Language, someone: () => Person): RichText {
  const rich = new RichText();
  if (random.chance(0.06)) {
    const { did, handle } = someone();
    rich.addWord(`@${handle}`, { $type: 'app.bsky.richtext.facet#mention', did });
  }
  const between = random.chance(0.15) ? random.pick(['\n', '\n\n']) : '';
  for (const [at, sentence] of random
    .sample(language.sentences, random.pick([1, 1, 1, 2, 2, 3, 5]))
    .entries()) {
    if (rich.text.length > LONGEST_PROSE) break;
    if (at > 0) rich.add(between);
    rich.addWord(withNumber(random, sentence));
  }
  if (random.chance(0.3)) rich.addWord(random.pick(emoji).repeat(random.pick([1, 1, 1, 3])));
  if (random.chance(0.07)) addLink(random, rich);
  if (random.chance(0.09)) addTags(random, language, rich);
  return rich;
}

const withNumber = (random: Random, sentence: string): string =>
  sentence.replace('{n}', () => String(2 + random.below(98)));

/** As apps do: the text holds a shortened URL, the facet the whole one. */
function addLink(random: Random, rich: RichText): void {
  const start = `news.example/${base32(random, 11)}`;
  rich.addWord(`${start}…`, {
    $type: 'app.bsky.richtext.facet#link',
    uri: `https://${start}${base32(random, random.below(40))}`,
  });
}

function addTags(random: Random, { tags }: Language, rich: RichText): void {
  const first = random.below(tags.length);
  if (random.chance(0.4)) rich.add('\n');
  for (const tag of tags.slice(first, first + 1 + random.below(3))) {
    rich.addWord(`#${tag}`, { $type: 'app.bsky.richtext.facet#tag', tag });
  }
}
