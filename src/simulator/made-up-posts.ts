/**
 * Generated posts with the shape and size of Bluesky's, repeatable by seed. Each is unique: no two of a run have the same createdAt.
 * A post follows from the seed, its time and its run, and the last two are in its record key: with the seed
 * it can be generated again.
 */
import { randomInt } from 'node:crypto';
import { makeEmbed, makeImages } from './embeds.ts';
import { fromRkey, postUri, RKEY_RESTS, toRkey } from './identifiers.ts';
import { languages } from './languages.ts';
import { type Author, makeAuthors, type Person } from './people.ts';
import type { Post } from './post.ts';
import { createRandom, type Random } from './random.ts';
import { createReferences, isWellKnown, type References } from './references.ts';
import { makeText } from './sentences.ts';

const FIRST_POST_MS = Date.parse('2024-01-10T12:00:00Z');

export interface MadeUpWorld {
  authors: readonly Author[];
  /** The post of this millisecond. Two runs (below RKEY_RESTS) of the same seed write different ones. */
  postAt(timeMs: number, run?: number): Post;
  /** undefined if no run writes a post of this uri. */
  postOf(uri: string): Post | undefined;
}

export function createWorld(seed: number): MadeUpWorld {
  const authors = makeAuthors(seed);
  const references = createReferences(postAt);

  function postAt(timeMs: number, run = 0): Post {
    const random = createRandom(seed, timeMs + run * 4_093);
    const someone = () => authors[random.skewedIndex(authors.length)]!;
    const author = someone();
    const uri = postUri(author.did, toRkey(timeMs, run));
    const raw_record = makeRecord(random, { author, someone, timeMs, references });
    const indexed_at = `${new Date(timeMs + 1_000).toISOString().slice(0, 19)}Z`;
    return { uri, text: raw_record.text, author: author.did, indexed_at, raw_record };
  }

  function postOf(uri: string): Post | undefined {
    const key = fromRkey(uri.slice(uri.lastIndexOf('/') + 1));
    const post = key && postAt(key.timeMs, key.rest);
    return post?.uri === uri ? post : undefined;
  }

  return { authors, postAt, postOf };
}

/**
 * Endless. With `nowMs` posts are dated by that clock, and each run brings new posts of the same authors;
 * without it they are dated from 2024-01-10 on, the same in every run.
 */
export function* madeUpPosts(seed: number, nowMs?: () => number): Generator<Post, never> {
  const world = createWorld(seed);
  const random = createRandom(seed, 3);
  const run = nowMs ? randomInt(RKEY_RESTS) : 0;
  let timeMs = FIRST_POST_MS;
  for (;;) {
    timeMs = Math.max(timeMs + 1, nowMs ? nowMs() : timeMs + random.below(40));
    yield world.postAt(timeMs, run);
  }
}

interface Circumstances {
  author: Author;
  someone: () => Person;
  timeMs: number;
  references: References;
}

const SELF_LABELS = ['porn', 'sexual', 'graphic-media', 'nudity'];

/** Members are in the order of the network's encoding, `$type` first. */
function makeRecord(random: Random, { author, someone, timeMs, references }: Circumstances) {
  const answer = references.replyAt(timeMs);
  const isReferred = answer !== undefined || isWellKnown(timeMs);
  const language = random.chance(0.9) ? author.language : languages[0]!;
  const isPictureOnly = random.chance(0.02);
  const rich = isPictureOnly ? undefined : makeText(random, language, someone);
  const embed = isPictureOnly
    ? makeImages(random, language, 1)
    : makeEmbed(random, language, timeMs, isReferred ? undefined : references);
  const facets = rich?.facets ?? [];
  const reply = answer ?? (!isReferred && random.chance(0.23) && references.reply(random, timeMs));
  return {
    $type: 'app.bsky.feed.post',
    createdAt: new Date(timeMs).toISOString(),
    text: rich?.text ?? '',
    ...(random.chance(0.85) && { langs: [language.code] }),
    // Some apps send an empty array.
    ...((facets.length || random.chance(0.03)) && { facets }),
    ...(embed && { embed }),
    ...(embed && random.chance(0.03) && { labels: selfLabels(random) }),
    ...(reply && { reply }),
    ...(random.chance(0.02) && { tags: random.sample(language.tags, 2) }),
    ...(random.chance(0.01) && { via: 'made-up-client' }),
  };
}

const selfLabels = (random: Random) => ({
  $type: 'com.atproto.label.defs#selfLabels',
  values: [{ val: random.pick(SELF_LABELS) }],
});
