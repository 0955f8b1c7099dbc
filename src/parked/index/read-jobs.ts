/** Reads failed and delayed jobs from BullMQ's sorted sets and hashes. */
import type { Queue } from 'bullmq';
import type { RedisClient } from '../../redis/connections.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { type ParkedJob, type ParkedState, type Place, type RawJob, toParkedJob } from './parked-job.ts';

const readJobs = loadScript(new URL('read-jobs.lua', import.meta.url));

const JOBS_PER_CALL = 100;
/** Nearly every match is smaller; larger ones are truncated. */
const MAX_DATA_BYTES = 16_384;
const PLACES_PER_CALL = 5_000;

export interface Source {
  name: string;
  queue: Queue;
  state: ParkedState;
}

const keyOf = ({ queue, state }: Source): string => queue.toKey(state);

export const countOf = (client: RedisClient, source: Source): Promise<number> => client.zcard(keyOf(source));

/** The newest `most` jobs, oldest first. */
export async function* allPlaces(
  client: RedisClient,
  source: Source,
  total: number,
  most: number,
): AsyncGenerator<Place[]> {
  for (let at = Math.max(0, total - most); ; at += PLACES_PER_CALL) {
    const flat = await client.zrange(
      keyOf(source),
      String(at),
      String(at + PLACES_PER_CALL - 1),
      'WITHSCORES',
    );
    if (flat.length) yield toPlaces(source, flat);
    if (flat.length < PLACES_PER_CALL * 2) return;
  }
}

export async function placesSince(client: RedisClient, source: Source, score: number): Promise<Place[]> {
  return toPlaces(source, await client.zrangebyscore(keyOf(source), String(score), '+inf', 'WITHSCORES'));
}

function toPlaces({ name, state }: Source, flat: string[]): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    places.push({ queue: name, id: flat[at]!, state, score: Number(flat[at + 1]) });
  }
  return places;
}

/** In small chunks, so as to block neither Redis nor this process; skips jobs that are gone. */
export async function* readPlaces(
  client: RedisClient,
  { queue }: Source,
  places: readonly Place[],
): AsyncGenerator<ParkedJob[]> {
  for (let at = 0; at < places.length; at += JOBS_PER_CALL) {
    const some = places.slice(at, at + JOBS_PER_CALL);
    const keys = some.map(({ id }) => queue.toKey(id));
    const rows = (await runScript(client, readJobs, keys, [MAX_DATA_BYTES])) as (RawJob | null)[];
    yield rows.flatMap((row, index) => (row ? [toParkedJob(some[index]!, row)] : []));
  }
}
