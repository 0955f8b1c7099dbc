/** Every queue in Redis, opened over one connection. */
import { queues as definitions, type QueueDefinition } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { type Adds, type JobQueue, openJobQueue } from './job-queue.ts';
import { type Lane, openLane } from './lane.ts';

type Definitions = typeof definitions;
type NewJob<Definition> = Definition extends { id: (job: infer New) => string } ? New : never;
/** By name; `matches` has one queue per stream, see `lanes`. */
type ByName = {
  [Name in Exclude<keyof Definitions, 'matches'>]: JobQueue & Adds<NewJob<Definitions[Name]>>;
};

export interface Queues extends ByName {
  /** Every queue there is: workers, dashboard and metrics loop over it. */
  all: readonly JobQueue[];
  /** The queue of each partition of the stream: `matches`, `matches-2` … */
  lanes: readonly Lane[];
  /** By its name in Redis. */
  find(name: string): JobQueue | undefined;
  /** Where the batches of a stream go. */
  laneOf(stream: string): Lane;
  /** Those whose unfinished jobs may need entries of this stream. */
  holding(stream: string): readonly JobQueue[];
  close(): Promise<void>;
}

/** `streams`: the partitions, in the order of SKYWIRE_STREAM. */
export function openQueues(
  client: RedisClient,
  deliveryAttempts: number,
  streams: readonly string[] = ['one'],
  list: Definitions = definitions,
): Queues {
  const lanes = streams.map((_, nth) => openLane(client, nth, deliveryAttempts));
  const opened = Object.values(list)
    .filter((one) => one !== list.matches)
    .map((one) => openJobQueue(client, one as QueueDefinition, deliveryAttempts));
  const all: JobQueue[] = [...lanes, ...opened];
  const laneOf = (stream: string): Lane => lanes[Math.max(0, streams.indexOf(stream))]!;
  return {
    // TypeScript cannot tie each name to its definition here.
    ...(Object.fromEntries(opened.map((one) => [one.name, one])) as unknown as ByName),
    all,
    lanes,
    find: (name) => all.find((one) => one.name === name),
    laneOf,
    holding: (stream) => [laneOf(stream), ...opened.filter(({ definition }) => definition.holdsEntries)],
    async close() {
      await Promise.allSettled(all.map(({ queue }) => queue.close()));
    },
  };
}
