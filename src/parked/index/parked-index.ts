/**
 * Every parked or failed job, in this process' memory: so that grouping and searching a hundred thousand takes milliseconds and
 * asks Redis nothing. Redis stays the truth: a refresh reads what failed since, and where the numbers then differ, which ids are there.
 * States: empty → loading (answers from what it has) → loaded. Bounded: of each queue the newest MAX_JOBS.
 */

import type { Queues } from '../../lanes/queues.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { atMost } from '../../redis/deadline.ts';
import type { ParkedJob, Place } from './parked-job.ts';
import { allPlaces, countOf, placesSince, readPlaces, type Source } from './read-jobs.ts';

const MAX_JOBS = 250_000;
/** Workers' clocks stamp failures: one may be this much behind another. */
const CLOCKS_DIFFER_MS = 5_000;
const FRESH_FOR_MS = 1_000;
/** Where the numbers agree, the ids are compared all the same now and then: clocks may differ by more. */
const COMPARE_EVERY_MS = 60_000;
/** A refresh may take this share of the time, so that a storm of failures does not busy the web process. */
const REST_FACTOR = 4;
const WAIT_AT_MOST_MS = 250;

export interface ParkedIndex {
  /** What is known, after a short wait for a refresh that is due. Rejects where Redis is out. */
  jobs(): Promise<Iterable<ParkedJob>>;
  get(queue: string, id: string): ParkedJob | undefined;
  /** A job that was just retried, removed or changed here: the next refresh looks at it again. */
  forget(queue: string, id: string): void;
  /** Counts up with each change. */
  version(): number;
  state(): { isLoading: boolean; indexed: number; inRedis: number };
  /** Reads what changed until now, however long it takes. */
  refresh(): Promise<void>;
}

export function createParkedIndex(client: RedisClient, queues: Queues): ParkedIndex {
  const sources = sourcesOf(queues).map((source) => ({
    source,
    jobs: new Map<string, ParkedJob>(),
    newest: 0,
    comparedAt: 0,
    inRedis: 0,
  }));
  let version = 0;
  let isLoading = true;
  let refreshing: Promise<void> | undefined;
  let restUntil = 0;

  async function refreshAll(): Promise<void> {
    const startedAt = Date.now();
    for (const part of sources) await refreshPart(part);
    isLoading = false;
    const tookMs = Date.now() - startedAt;
    restUntil = Date.now() + Math.max(FRESH_FOR_MS, REST_FACTOR * tookMs);
  }

  async function refreshPart(part: (typeof sources)[number]): Promise<void> {
    const { source, jobs } = part;
    if (source.state === 'failed' && jobs.size) {
      await take(part, await placesSince(client, source, part.newest - CLOCKS_DIFFER_MS));
    }
    part.inRedis = await countOf(client, source);
    // Delayed jobs change places without changing in number.
    const agrees = source.state === 'failed' && jobs.size === Math.min(part.inRedis, MAX_JOBS);
    if (agrees && Date.now() - part.comparedAt < COMPARE_EVERY_MS) return;
    part.comparedAt = Date.now();
    const seen = new Set<string>();
    for await (const places of allPlaces(client, source, part.inRedis, MAX_JOBS)) {
      for (const { id } of places) seen.add(id);
      await take(part, places);
    }
    for (const id of jobs.keys()) {
      if (seen.has(id)) continue;
      jobs.delete(id);
      version += 1;
    }
  }

  async function take(part: (typeof sources)[number], places: readonly Place[]): Promise<void> {
    const changed = places.filter(({ id, score }) => part.jobs.get(id)?.score !== score);
    for await (const read of readPlaces(client, part.source, changed)) {
      for (const job of read) {
        // Deleted first, so that the newest stand at the end.
        part.jobs.delete(job.id);
        part.jobs.set(job.id, job);
        part.newest = Math.max(part.newest, job.score);
      }
      version += read.length;
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= refreshAll().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  return {
    async jobs() {
      if (Date.now() >= restUntil) await atMost(WAIT_AT_MOST_MS, refresh());
      return all();
    },
    get: (queue, id) =>
      sources.map(({ source, jobs }) => (source.name === queue ? jobs.get(id) : undefined)).find(Boolean),
    forget(queue, id) {
      for (const { source, jobs } of sources) if (source.name === queue && jobs.delete(id)) version += 1;
    },
    version: () => version,
    state: () => ({
      isLoading,
      indexed: sources.reduce((sum, { jobs }) => sum + jobs.size, 0),
      inRedis: sources.reduce((sum, { inRedis }) => sum + inRedis, 0),
    }),
    async refresh() {
      // One that is under way may have begun before what the caller knows of.
      await refreshing?.catch(() => undefined);
      await refresh();
    },
  };

  function* all(): Generator<ParkedJob> {
    for (const { jobs } of sources) yield* jobs.values();
  }
}

/** In `parked` also those that are tried again by themselves; elsewhere a delayed job only waits for the end of an outage. */
function sourcesOf({ all, byName }: Queues): Source[] {
  const failed = all.map(({ name, queue }): Source => ({ name, queue, state: 'failed' }));
  return [...failed, { name: 'parked', queue: byName.parked, state: 'delayed' }];
}
