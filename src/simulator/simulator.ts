/**
 * A producer that behaves like Skywire: appends matches at a rate, resends what was not confirmed, never trims.
 * Holds two chunks of matches in memory, one being sent and one being generated.
 * States: running → ended (count reached, no more posts, stop, or an error that a retry cannot fix).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, backoffMs } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { appendMatches } from './append.ts';
import { madeUpPosts } from './made-up-posts.ts';
import { type MatchOptions, matchesOf, type WireMatch } from './matches.ts';
import { createPacer } from './pacer.ts';
import type { Post } from './post.ts';

export interface SimulatorOptions extends MatchOptions {
  /** Keys of the stream's partitions. */
  streams: readonly string[];
  /** Matches per second; 0 = as fast as possible. */
  rate: number;
  /** Matches in all; 0 = until stopped. */
  count: number;
  /** Default: generated from the seed. */
  posts?: Iterable<Post> | AsyncIterable<Post>;
}

export interface Simulator {
  /** Rejects if the posts cannot be read, or Redis refuses permanently. */
  done: Promise<{ count: number; seconds: number }>;
  /** Idempotent; takes at most 2 s, even while Redis is unavailable. */
  stop(): Promise<void>;
  /** Matches confirmed so far. */
  appended(): number;
}

const CHUNK_MATCHES = 500;
const CHUNK_CHARACTERS = 1_000_000;
const STOP_DEADLINE_MS = 2_000;
const RETRY: Backoff = { baseMs: 50, maxMs: 1_000 };

export function startSimulator(client: RedisClient, options: SimulatorOptions): Simulator {
  const { streams, rate, count, seed, posts = madeUpPosts(seed) } = options;
  const startedMs = performance.now();
  const stopping = new AbortController();
  const most = count === 0 ? Infinity : count;
  let confirmed = 0;

  async function run(): Promise<void> {
    const matches = matchesOf(posts, options);
    const pacer = createPacer(rate, () => performance.now());
    let sending = Promise.resolve();
    try {
      for (let taken = 0; taken < most && !stopping.signal.aborted; ) {
        const due = Math.min(pacer.due(), CHUNK_MATCHES, most - taken);
        if (due === 0) {
          await pauseUnlessStopped(pacer.waitMs());
          continue;
        }
        const chunk = await takeChunk(matches, due);
        if (chunk.length === 0) break;
        pacer.spend(chunk.length);
        taken += chunk.length;
        await sending;
        sending = send(chunk);
        // Rejections surface where it is awaited; this only prevents an unhandled one.
        sending.catch(() => undefined);
      }
      await sending;
    } finally {
      // Closes the posts' file, if any.
      await matches.return(undefined);
    }
  }

  async function send(chunk: WireMatch[]): Promise<void> {
    let unconfirmed = chunk;
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      const failed = await appendMatches(client, streams, unconfirmed);
      confirmed += unconfirmed.length - failed.length;
      if (failed.length === 0) return;
      unconfirmed = failed;
      await pauseUnlessStopped(backoffMs(attempt, RETRY));
    }
  }

  const pauseUnlessStopped = (ms: number) =>
    pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  const giveUp = new AbortController();
  const givenUp = new Promise((resolve) => giveUp.signal.addEventListener('abort', resolve));
  const done = Promise.race([run(), givenUp]).then(() => ({
    count: confirmed,
    seconds: (performance.now() - startedMs) / 1_000,
  }));

  function stop(): Promise<void> {
    stopping.abort();
    const deadline = setTimeout(() => giveUp.abort(), STOP_DEADLINE_MS);
    const ended = () => clearTimeout(deadline);
    return done.then(ended, ended);
  }

  return { done, stop, appended: () => confirmed };
}

/** Up to `most` matches, fewer where they are large. */
async function takeChunk(matches: AsyncIterator<WireMatch>, most: number): Promise<WireMatch[]> {
  const chunk: WireMatch[] = [];
  let characters = 0;
  while (chunk.length < most && characters < CHUNK_CHARACTERS) {
    const { value, done } = await matches.next();
    if (done) break;
    characters += value.json.length;
    chunk.push(value);
  }
  return chunk;
}
