/** The subscriptions that a post matches, as JSON for the wire. */
import { hash } from 'node:crypto';
import { type Post, withoutRkey } from './post.ts';
import { createRandom, type Random } from './random.ts';

export interface WireMatch {
  subscriptionId: string;
  json: string;
}

export interface MatchOptions {
  /** Number of subscriptions; their ids depend on the seed alone. */
  subscriptions: number;
  seed: number;
  emptyRkey: boolean;
}

/** Id of the subscription with this index, from 0. Lower ones match more often. */
export function subscriptionId(seed: number, index: number): string {
  const hex = hash('sha256', `subscription ${seed} ${index}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** No subscription gets a post twice. */
export async function* matchesOf(
  posts: Iterable<Post> | AsyncIterable<Post>,
  { subscriptions, seed, emptyRkey }: MatchOptions,
): AsyncGenerator<WireMatch> {
  const random = createRandom(seed, 2);
  for await (const { uri, text, author, indexed_at, raw_record } of posts) {
    const shownUri = emptyRkey ? withoutRkey(uri) : uri;
    const postJson = JSON.stringify({ uri: shownUri, text, author, indexed_at, raw_record });
    for (const index of pickSubscriptions(random, subscriptions)) {
      const id = subscriptionId(seed, index);
      const score = JSON.stringify(makeScore(random));
      yield {
        subscriptionId: id,
        json: `{"subscription_id":"${id}","match_score":${score},"post":${postJson}}`,
      };
    }
  }
}

/** Most posts match one subscription, some a few more. */
function pickSubscriptions(random: Random, subscriptions: number): Set<number> {
  const wanted = random.pick([1, 1, 1, 1, 1, 1, 2, 2, 3, 6]);
  return new Set(Array.from({ length: wanted }, () => random.skewedIndex(subscriptions)));
}

/** A raw search score: mostly up to 1, sometimes above or missing. */
function makeScore(random: Random): number | null {
  if (random.chance(0.04)) return null;
  const scale = random.chance(0.03) ? 1500 : 100;
  return Math.round(Math.sqrt(random.fraction()) * scale) / 100;
}
