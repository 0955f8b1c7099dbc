/**
 * The reading side: looks up what is read. Returns what is known, requests what is missing, and waits for it a moment at most,
 * or not at all if nobody answers. Never throws, and never delays the items themselves.
 */
import type { Lookup } from '../../../queues/index.ts';
import type { Adds } from '../../lanes/job-queue.ts';
import type { RedisClient } from '../../redis/connections.ts';
import type { LookupSettings } from '../answering.ts';
import { createAsked } from '../asked/asked.ts';
import { createNews } from '../asked/news.ts';
import type { Name } from '../known/entries.ts';
import { createKnown } from '../known/known.ts';
import { createRoom } from '../known/room.ts';
import { createAnswers } from './answers.ts';
import { createAsker } from './asker.ts';
import { type Glance, glanceAt, type PostSeen } from './glance.ts';
import { type Needs, namesOf, needsOf, type ReadItem } from './needs.ts';
import { type KnownPost, shownPost } from './shown.ts';
import { type Wanted, wantedOf } from './wanted.ts';

/** By item id. */
export type KnownPosts = ReadonlyMap<string, KnownPost>;

export interface Reading {
  /** false: lookups are off. */
  isOn: boolean;
  /** `waitMs`: for names that are unknown, and were not waited for before. `gatherMs`: to combine requests. */
  of(items: readonly ReadItem[], how: { waitMs: number; gatherMs?: number }): Promise<KnownPosts>;
  /** What is already known, in order; requests nothing and waits for nothing. For searches. Throws if Redis is unavailable. */
  glance(posts: readonly PostSeen[]): Promise<readonly (Glance | undefined)[]>;
  /** For items on display: requests what is due, and waits for nothing. */
  renew(needs: readonly Needs[]): Promise<void>;
  /** Receives what becomes known from now on; returns a function that stops it. */
  follow(onChanged: (names: ReadonlySet<string>) => void): () => void;
}

const GATHER_MS = 20;
/** Names that were waited for once, so that nobody waits twice. */
const MOST_REMEMBERED = 20_000;

export function createReading(client: RedisClient, jobs: Adds<Lookup>, { apiUrl }: LookupSettings): Reading {
  const room = createRoom(client);
  const known = createKnown(client, room);
  const answers = createAnswers(createNews(client));
  const asker = createAsker({ asked: createAsked(client, apiUrl), room, jobs });
  const waitedFor = new Set<Name>();

  /** Those to wait for; remembers them. */
  function newOnes(wanted: readonly Wanted[]): Name[] {
    const names = wanted
      .filter(({ name, isFirst }) => isFirst && !waitedFor.has(name))
      .map(({ name }) => name);
    if (waitedFor.size > MOST_REMEMBERED) waitedFor.clear();
    for (const name of names) waitedFor.add(name);
    return names;
  }

  async function entriesOf(needs: readonly Needs[], waitMs: number, gatherMs: number) {
    const names = [...new Set(needs.flatMap(namesOf))];
    const { nowMs, entries } = await known.read(names);
    const wanted = needs.flatMap((one) => wantedOf(one, entries, nowMs));
    if (wanted.length === 0) return { nowMs, entries };
    const awaited = waitMs > 0 ? newOnes(wanted) : [];
    const expected = awaited.length ? await answers.expect(awaited) : undefined;
    const asking = asker.ask(wanted, gatherMs);
    if (!expected) return { nowMs, entries };
    await expected.within((await asking) ? waitMs : 0);
    return known.read(names);
  }

  return {
    isOn: true,
    async of(items, { waitMs, gatherMs = GATHER_MS }) {
      const needs = items.map(needsOf).filter((one) => one !== undefined);
      if (needs.length === 0) return new Map();
      try {
        const { nowMs, entries } = await entriesOf(needs, waitMs, gatherMs);
        return new Map(needs.map((one) => [one.id, shownPost(one, entries, nowMs)]));
      } catch {
        return new Map();
      }
    },
    glance: (posts) => glanceAt(known, posts),
    async renew(needs) {
      if (needs.length) await entriesOf(needs, 0, 500).catch(() => undefined);
    },
    follow: answers.follow,
  };
}

/** With lookups off: nothing is known, nothing is requested, and nobody waits. */
export const noReading: Reading = {
  isOn: false,
  of: () => Promise.resolve(new Map()),
  glance: (posts) => Promise.resolve(posts.map(() => undefined)),
  renew: () => Promise.resolve(),
  follow: () => () => undefined,
};
