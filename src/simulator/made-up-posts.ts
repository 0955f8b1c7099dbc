/**
 * Generated posts with the shape and size of Bluesky's, repeatable by seed.
 * Each is unique: no two have the same createdAt.
 */
import { makeCard, makeImages, makeQuote, makeReply } from './embeds.ts';
import { makeDid, makeRkey, postUri } from './identifiers.ts';
import { type Language, languages } from './languages.ts';
import type { Post } from './post.ts';
import { createRandom, type Random } from './random.ts';
import { makeText, type Person } from './sentences.ts';

const FIRST_POST_MS = Date.parse('2024-01-10T12:00:00Z');
const AUTHORS = 2_000;

interface Author extends Person {
  language: Language;
}

/**
 * Endless. With `nowMs` posts are dated by that clock, so each run with a seed brings new posts of the same authors;
 * without it they are dated from 2024-01-10 on, the same in every run.
 */
export function* madeUpPosts(seed: number, nowMs?: () => number): Generator<Post, never> {
  const random = createRandom(seed, 1);
  const authors = Array.from({ length: AUTHORS }, () => makeAuthor(random));
  const someone = () => authors[random.skewedIndex(AUTHORS)]!;
  let timeMs = FIRST_POST_MS;
  for (;;) {
    timeMs = Math.max(timeMs + 1, nowMs ? nowMs() : timeMs + random.below(40));
    const author = someone();
    const raw_record = makeRecord(random, author, someone, timeMs);
    yield {
      uri: postUri(author.did, makeRkey(timeMs, random)),
      text: raw_record.text,
      author: author.did,
      indexed_at: `${new Date(timeMs + 1_000).toISOString().slice(0, 19)}Z`,
      raw_record,
    };
  }
}

function makeAuthor(random: Random): Author {
  const did = makeDid(random);
  const handle = `${random.pick(['mira', 'juno', 'tomo', 'bela', 'oskar', 'noor', 'kai'])}${random.below(10_000)}.example`;
  return { did, handle, language: pickLanguage(random) };
}

function pickLanguage(random: Random): Language {
  const sum = languages.reduce((total, { weight }) => total + weight, 0);
  let left = random.below(sum);
  return languages.find(({ weight }) => (left -= weight) < 0)!;
}

/** Members are in the order of the network's encoding, `$type` first. */
function makeRecord(random: Random, author: Author, someone: () => Person, timeMs: number) {
  const language = random.chance(0.9) ? author.language : languages[0]!;
  const isPictureOnly = random.chance(0.02);
  const rich = isPictureOnly ? undefined : makeText(random, language, someone);
  const embed = isPictureOnly ? makeImages(random, language, 1) : makeEmbed(random, language, timeMs);
  const facets = rich?.facets ?? [];
  return {
    $type: 'app.bsky.feed.post',
    createdAt: new Date(timeMs).toISOString(),
    text: rich?.text ?? '',
    ...(random.chance(0.85) && { langs: [language.code] }),
    // Some apps send an empty array.
    ...((facets.length || random.chance(0.03)) && { facets }),
    ...(embed && { embed }),
    ...(random.chance(0.3) && { reply: makeReply(random, timeMs) }),
    ...(random.chance(0.01) && { via: 'made-up-client' }),
  };
}

function makeEmbed(random: Random, language: Language, timeMs: number) {
  const kind = random.fraction();
  if (kind < 0.12) return makeImages(random, language, random.pick([1, 1, 1, 1, 1, 2, 4]));
  if (kind < 0.18) return makeCard(random, language);
  if (kind < 0.27) return makeQuote(random, timeMs);
  return undefined;
}
