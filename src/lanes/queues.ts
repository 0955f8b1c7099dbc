/** Every queue in Redis, opened over one connection. */
import type { Telemetry } from 'bullmq';
import { queues as definitions, type QueueDefinition } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { laneName } from '../redis/keys.ts';
import { type Balance, type Books, balanceOf, createBooks } from './books.ts';
import { findLanes } from './existing.ts';
import { type Adds, type JobQueue, openJobQueue } from './job-queue.ts';
import { type Lane, openLane } from './lane.ts';

type Definitions = typeof definitions;
type NewJob<Definition> = Definition extends { id: (job: infer New) => string } ? New : never;
/** By name; `matches` has one queue per stream, see `lanes`. */
type ByName = {
  [Name in Exclude<keyof Definitions, 'matches'>]: JobQueue & Adds<NewJob<Definitions[Name]>>;
};

export interface Queues extends ByName {
  /** Every queue there is: workers, dashboard and metrics loop over it. lookForLeftovers() appends to it. */
  all: readonly JobQueue[];
  /** The queue of each partition of the stream, `matches`, `matches-2` …; then those that lookForLeftovers() found. */
  lanes: readonly Lane[];
  /** By its name in Redis. */
  find(name: string): JobQueue | undefined;
  /** Where the batches of a stream go. */
  laneOf(stream: string): Lane;
  /** Lanes that hold jobs but belong to no stream of SKYWIRE_STREAM any more: the list was longer before. */
  leftovers(): readonly Lane[];
  /** Finds and opens such lanes; returns those that are new since the last call. */
  lookForLeftovers(): Promise<readonly Lane[]>;
  /** For all lanes in Redis. */
  balance(): Promise<Balance>;
  /** Those whose unfinished jobs may need entries of this stream. */
  holding(stream: string): readonly JobQueue[];
  /** Ids of entries that are only in the stream, because jobs refer to them. */
  kept(stream: string): Promise<string[]>;
  close(): Promise<void>;
}

/** `streams`: the partitions, in the order of SKYWIRE_STREAM. `telemetry`: of all queues, but for what is beside deliveries. */
export function openQueues(
  client: RedisClient,
  deliveryAttempts: number,
  streams: readonly string[] = ['one'],
  { list = definitions, telemetry }: { list?: Definitions; telemetry?: Telemetry | undefined } = {},
): Queues {
  const open = (name: string) => openLane(client, name, deliveryAttempts, telemetry);
  const lanes = streams.map((_, nth) => open(laneName(nth)));
  let emptied: Books[] = [];
  const opened = Object.values(list)
    .filter((one) => one !== list.matches)
    .map((one) => one as QueueDefinition)
    .map((one) => openJobQueue(client, one, deliveryAttempts, one.name, one.beside ? undefined : telemetry));
  const all: JobQueue[] = [...lanes, ...opened];
  const laneOf = (stream: string): Lane => lanes[Math.max(0, streams.indexOf(stream))]!;
  return {
    // TypeScript cannot tie each name to its definition here.
    ...(Object.fromEntries(opened.map((one) => [one.name, one])) as unknown as ByName),
    all,
    lanes,
    find: (name) => all.find((one) => one.name === name),
    laneOf,
    leftovers: () => lanes.slice(streams.length),
    async lookForLeftovers() {
      const existing = await findLanes(client, streams.length);
      const isOpen = ({ name }: { name: string }) => lanes.some((lane) => lane.name === name);
      const found = existing.filter((one) => !one.isEmpty && !isOpen(one)).map(({ name }) => open(name));
      lanes.push(...found);
      all.push(...found);
      emptied = existing.filter((one) => !isOpen(one)).map(({ name }) => createBooks(client, name));
      return found;
    },
    balance: () => balanceOf([...lanes, ...emptied]),
    // Any lane may hold entries of any stream, since the order of SKYWIRE_STREAM may have been different before. Its own lane comes last,
    // since a batch that is split in another lane continues there.
    holding: (stream) => [
      ...lanes.filter((lane) => lane !== laneOf(stream)),
      laneOf(stream),
      ...opened.filter(({ definition }) => definition.holdsEntries),
    ],
    kept: async (stream) => (await Promise.all(opened.map((queue) => queue.kept(stream)))).flat(),
    async close() {
      await Promise.allSettled(all.map(({ queue }) => queue.close()));
    },
  };
}
