/** Embeds of generated posts: pictures, link cards, quotes; and reply references. */

import { base32, makeCid, makeDid, makeRkey, postUri } from './identifiers.ts';
import type { Language } from './languages.ts';
import type { Random } from './random.ts';
import { makeSentence } from './sentences.ts';

const DAY_MS = 86_400_000;

export function makeImages(random: Random, language: Language, count: number) {
  return {
    $type: 'app.bsky.embed.images',
    images: Array.from({ length: count }, () => image(random, language)),
  };
}

export function makeCard(random: Random, language: Language) {
  return {
    $type: 'app.bsky.embed.external',
    external: {
      description: `${makeSentence(random, language)} ${makeSentence(random, language)}`,
      ...(random.chance(0.6) && { thumb: blob(random) }),
      title: makeSentence(random, language),
      uri: `https://news.example/${base32(random, 8)}?id=${random.below(100_000)}`,
    },
  };
}

export function makeQuote(random: Random, beforeMs: number) {
  return { $type: 'app.bsky.embed.record', record: makeReference(random, beforeMs) };
}

export function makeReply(random: Random, beforeMs: number) {
  const root = makeReference(random, beforeMs);
  return { parent: random.chance(0.5) ? root : makeReference(random, beforeMs), root };
}

function makeReference(random: Random, beforeMs: number) {
  const rkey = makeRkey(beforeMs - random.below(DAY_MS), random);
  return { cid: makeCid(random), uri: postUri(makeDid(random), rkey) };
}

function image(random: Random, language: Language) {
  return {
    alt: random.chance(0.5) ? makeSentence(random, language) : '',
    aspectRatio: { height: 600 + random.below(1400), width: 800 + random.below(1200) },
    image: blob(random),
  };
}

function blob(random: Random) {
  const ref = { $link: makeCid(random, 'bafkrei') };
  return { $type: 'blob', ref, mimeType: 'image/jpeg', size: 20_000 + random.below(900_000) };
}
