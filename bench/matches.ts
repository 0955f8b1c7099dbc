/** The matches of a run, as Skywire sends them today: the uri's last segment empty, each post another one. */
import type { Redis } from 'ioredis';
import { parseMatch } from '../queues/index.ts';
import { encodeName, inboxKeys } from '../src/redis/keys.ts';
import { filePosts } from '../src/simulator/file-posts.ts';
import { madeUpPosts } from '../src/simulator/made-up-posts.ts';
import { type Post, withoutRkey } from '../src/simulator/post.ts';

export const STREAM = 'skywire:matches';
const PER_PIPELINE = 500;

export interface Match {
  inbox: string;
  json: string;
}

export type Posts = Iterable<Post> | AsyncIterable<Post>;

/** Real posts from a file where one is named (over and over, each round's a little different), else made-up ones. */
export const postsFrom = (file: string | undefined): Posts => (file ? filePosts(file) : madeUpPosts(1));

export const inboxName = (n: number): string => `subscription-${n}`;
export const itemsKey = (inbox: string): string => inboxKeys(encodeName(inbox)!).items;

/** Each post for one inbox, in turn; `offset`: where the turn begins. */
export async function makeMatches(
  posts: Posts,
  count: number,
  inboxes: number,
  offset = 0,
): Promise<Match[]> {
  const made: Match[] = [];
  for await (const post of posts) {
    if (made.length >= count) break;
    made.push(matchOf(post, inboxName((made.length + offset) % inboxes), made.length));
  }
  return made;
}

export function matchOf(post: Post, inbox: string, n = 0): Match {
  const { uri, text, author, indexed_at, raw_record } = post;
  const sent = { uri: withoutRkey(uri), text, author, indexed_at, raw_record };
  const match_score = ((n * 37) % 1000) / 1000;
  return { inbox, json: JSON.stringify({ subscription_id: inbox, match_score, post: sent }) };
}

/** The items that the matches must make, as `inbox identity`: the same post twice in one inbox is one. */
export function itemsOf(matches: readonly Match[]): Set<string> {
  const items = new Set<string>();
  for (const { inbox, json } of matches) {
    const parsed = parseMatch(json);
    if (!('match' in parsed)) throw new Error(`no match: ${parsed.malformed}`);
    items.add(`${inbox} ${parsed.match.identity}`);
  }
  return items;
}

export const itemsExpected = (matches: readonly Match[]): number => itemsOf(matches).size;

export async function append(redis: Redis, matches: readonly Match[], stream = STREAM): Promise<void> {
  for (let at = 0; at < matches.length; at += PER_PIPELINE) {
    const pipeline = redis.pipeline();
    for (const { json } of matches.slice(at, at + PER_PIPELINE)) pipeline.xadd(stream, '*', 'data', json);
    for (const [error] of (await pipeline.exec())!) if (error) throw error;
  }
}
