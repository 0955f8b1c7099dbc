/**
 * An in-memory index of all parked and failed jobs, so that grouping and searching 100,000 of them takes milliseconds. Redis is
 * authoritative: a refresh reads new failures and, if the counts then differ, all ids.
 * States: empty → loading (serves what it has) → loaded. Bounded to the newest MAX_JOBS of each queue.
 */

import type { Queues } from '../../lanes/queues.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { atMost } from '../../redis/deadline.ts';
import type { ParkedJob, Place } from './parked-job.ts';
import { allPlaces, countOf, placesSince, readPlaces, type Source } from './read-jobs.ts';

const MAX_JOBS = 250_000;
/** Failures carry their worker's clock, which may be this far behind others. */
const CLOCKS_DIFFER_MS = 5_000;
const FRESH_FOR_MS = 1_000;
/** Even if the counts agree, ids are compared this often, because clocks may differ by more. */
const COMPARE_EVERY_MS = 60_000;
/** Rests this many times as long as a refresh took, so that a flood of failures does not keep the web process busy. */
const REST_FACTOR = 4;
const WAIT_AT_MOST_MS = 250;

export interface ParkedIndex {
  /** Waits briefly for a refresh that is due. Rejects if Redis is unavailable. */
  jobs(): Promise<Iterable<ParkedJob>>;
  get(queue: string, id: string): ParkedJob | undefined;
  /** For a job just retried, removed or edited: the next refresh reads it again. */
  forget(queue: string, id: string): void;
  /** Increases with each change. */
  version(): number;
  state(): { isLoading: boolean; indexed: number; inRedis: number };
  /** Reads all changes until now, however long it takes. */
  refresh(): Promise<void>;
}

export function createParkedIndex(client: RedisClient, queues: Queues): ParkedIndex {
  const sources = sourcesOf(queues).map(newPart);
  let version = 0;
  let isLoading = true;
  let refreshing: Promise<void> | undefined;
  let restUntil = 0;

  async function refreshAll(): Promise<void> {
    const startedAt = performance.now();
    const isKnown = ({ name }: Source) => sources.some(({ source }) => source.name === name);
    sources.push(
      ...sourcesOf(queues)
        .filter((one) => !isKnown(one))
        .map(newPart),
    );
    for (const part of sources) await refreshPart(part);
    isLoading = false;
    const tookMs = performance.now() - startedAt;
    restUntil = performance.now() + Math.max(FRESH_FOR_MS, REST_FACTOR * tookMs);
  }

  async function refreshPart(part: Part): Promise<void> {
    const { source, jobs } = part;
    if (source.state === 'failed' && jobs.size) {
      await take(part, await placesSince(client, source, part.newest - CLOCKS_DIFFER_MS));
    }
    part.inRedis = await countOf(client, source);
    // Delayed jobs may be rescheduled without a change in number.
    const agrees = source.state === 'failed' && jobs.size === Math.min(part.inRedis, MAX_JOBS);
    if (agrees && performance.now() - part.comparedAt < COMPARE_EVERY_MS) return;
    part.comparedAt = performance.now();
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

  async function take(part: Part, places: readonly Place[]): Promise<void> {
    const changed = places.filter(({ id, score }) => part.jobs.get(id)?.score !== score);
    for await (const read of readPlaces(client, part.source, changed)) {
      for (const job of read) {
        // Deleted first to keep insertion order, newest last.
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
      if (performance.now() >= restUntil) await atMost(WAIT_AT_MOST_MS, refresh());
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
      // A refresh in progress may have missed the caller's changes.
      await refreshing?.catch(() => undefined);
      await refresh();
    },
  };

  function* all(): Generator<ParkedJob> {
    for (const { jobs } of sources) yield* jobs.values();
  }
}

type Part = ReturnType<typeof newPart>;

const newPart = (source: Source) => ({
  source,
  jobs: new Map<string, ParkedJob>(),
  newest: 0,
  comparedAt: Number.NEGATIVE_INFINITY,
  inRedis: 0,
});

/** Delayed jobs only in `parked`, where they are retried automatically; elsewhere they just wait for an outage to end. */
function sourcesOf({ all, parked }: Queues): Source[] {
  const failed = all.map(({ name, queue }): Source => ({ name, queue, state: 'failed' }));
  return [...failed, { name: 'parked', queue: parked.queue, state: 'delayed' }];
}
