/** Embeds of generated posts: pictures, videos, link cards, quotes. */
import { base32, makeCid, makeDid, makeRkey } from './identifiers.ts';
import type { Language } from './languages.ts';
import { pictureSize } from './picture-size.ts';
import type { Random } from './random.ts';
import type { References } from './references.ts';
import { makeSentence } from './sentences.ts';

export interface Embed {
  $type: string;
  [member: string]: unknown;
}

export function makeImages(random: Random, language: Language, count: number): Embed {
  return {
    $type: 'app.bsky.embed.images',
    images: Array.from({ length: count }, () => image(random, language)),
  };
}

/** How apps post more than four pictures. */
function makeGallery(random: Random, language: Language): Embed {
  const items = Array.from({ length: 5 + random.below(6) }, () => ({
    $type: 'app.bsky.embed.gallery#image',
    ...image(random, language),
  }));
  return { $type: 'app.bsky.embed.gallery', items };
}

function makeVideo(random: Random, language: Language): Embed {
  const video = blob(random, 'video/mp4');
  return {
    $type: 'app.bsky.embed.video',
    ...(random.chance(0.4) && { alt: makeSentence(random, language) }),
    aspectRatio: pictureSize(video.ref.$link),
    video,
  };
}

function makeCard(random: Random, language: Language): Embed {
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

const RECORDS = ['app.bsky.graph.starterpack', 'app.bsky.feed.generator', 'app.bsky.graph.list'];

function makeRecommendation(random: Random, beforeMs: number): Embed {
  const did = makeDid(random);
  const uri = random.chance(0.1)
    ? `at://${did}/app.bsky.labeler.service/self`
    : `at://${did}/${random.pick(RECORDS)}/${makeRkey(beforeMs - random.below(1e9), random)}`;
  return { $type: 'app.bsky.embed.record', record: { cid: makeCid(random), uri } };
}

/** undefined: none, like most posts. `references` undefined: no quotes. */
export function makeEmbed(
  random: Random,
  language: Language,
  timeMs: number,
  references: References | undefined,
): Embed | undefined {
  const kind = random.fraction();
  if (kind < 0.15) return makeMedia(random, language, kind / 0.15);
  if (kind < 0.21) return makeCard(random, language);
  if (kind >= 0.32 || !references) return undefined;
  if (kind >= 0.315) return makeRecommendation(random, timeMs);
  const quote = { $type: 'app.bsky.embed.record', record: references.quoted(random, timeMs) };
  if (kind < 0.3) return quote;
  const media = makeMedia(random, language, random.fraction());
  return { $type: 'app.bsky.embed.recordWithMedia', media, record: quote };
}

/** `kind`: from 0 to 1. */
function makeMedia(random: Random, language: Language, kind: number): Embed {
  if (kind < 0.03) return makeGallery(random, language);
  if (kind < 0.2) return makeVideo(random, language);
  return makeImages(random, language, random.pick([1, 1, 1, 1, 1, 2, 4]));
}

function image(random: Random, language: Language) {
  const picture = blob(random);
  const { $link } = picture.ref;
  return {
    alt: random.chance(0.5) ? makeSentence(random, language) : '',
    aspectRatio: pictureSize($link),
    // In the form of the first apps.
    image: random.chance(0.01) ? { cid: $link, mimeType: picture.mimeType } : picture,
  };
}

function blob(random: Random, mimeType = 'image/jpeg') {
  const ref = { $link: makeCid(random, 'bafkrei') };
  return { $type: 'blob', ref, mimeType, size: 20_000 + random.below(900_000) };
}
