/**
 * The posts that generated posts quote and answer: the well-known posts of whole minutes, the answers to them, and now and then
 * a post that is gone. Those quote nothing themselves, so that the CID of a reference needs no chain of CIDs.
 */
import { cidOf } from '../../queues/index.ts';
import { makeCid, makeDid, makeRkey, postUri } from './identifiers.ts';
import type { Post } from './post.ts';
import type { Random } from './random.ts';

export interface Reference {
  cid: string;
  uri: string;
}

export interface Reply {
  parent: Reference;
  root: Reference;
}

export interface References {
  quoted(random: Random, beforeMs: number): Reference;
  reply(random: Random, beforeMs: number): Reply;
  /** The well-known post that the post of this time answers; undefined for most. */
  replyAt(timeMs: number): Reply | undefined;
}

const MINUTE_MS = 60_000;
const MINUTES_BACK = 1_440;
/** This many posts after a well-known one answer it. */
const ANSWERS = 3;
const CACHED = 5_000;

export const isWellKnown = (timeMs: number): boolean => timeMs % MINUTE_MS === 0;

/** `postAt` is called only for well-known posts and their answers. */
export function createReferences(postAt: (timeMs: number) => Post): References {
  const cache = new Map<number, Reference>();

  function to(timeMs: number): Reference {
    const known = cache.get(timeMs);
    if (known) return known;
    const { uri, raw_record } = postAt(timeMs);
    const reference = { cid: cidOf(raw_record)!, uri };
    if (cache.size >= CACHED) cache.delete(cache.keys().next().value!);
    cache.set(timeMs, reference);
    return reference;
  }

  /** Prefers a recent one. */
  const wellKnownMs = (random: Random, beforeMs: number) =>
    (Math.ceil(beforeMs / MINUTE_MS) - 1 - random.skewedIndex(MINUTES_BACK)) * MINUTE_MS;
  const same = (reference: Reference): Reply => ({ parent: reference, root: reference });

  return {
    quoted: (random, beforeMs) =>
      random.chance(0.06) ? gone(random, beforeMs) : to(wellKnownMs(random, beforeMs)),
    reply: (random, beforeMs) => {
      if (random.chance(0.06)) return same(gone(random, beforeMs));
      const rootMs = wellKnownMs(random, beforeMs - ANSWERS);
      return random.chance(0.5)
        ? same(to(rootMs))
        : { parent: to(rootMs + 1 + random.below(ANSWERS)), root: to(rootMs) };
    },
    replyAt: (timeMs) => {
      const afterMs = timeMs % MINUTE_MS;
      return afterMs >= 1 && afterMs <= ANSWERS ? same(to(timeMs - afterMs)) : undefined;
    },
  };
}

const gone = (random: Random, beforeMs: number): Reference => ({
  cid: makeCid(random),
  uri: postUri(makeDid(random), makeRkey(beforeMs - random.below(MINUTES_BACK * MINUTE_MS), random)),
});
