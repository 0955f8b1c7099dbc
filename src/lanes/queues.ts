/** The queues in Redis: the only `new Queue`. Adding a job here checks that it is really there. */
import { type JobsOptions, Queue, RedisConnection } from 'bullmq';
import {
  queues as definitions,
  type Encoded,
  type NewBatch,
  type NewJobData,
  type QueueName,
  queueNames,
} from '../../queues/index.ts';
import { crashPoint, isArmed } from '../observe/crash-points.ts';
import type { RedisClient } from '../redis/connections.ts';
import { laneName, queuePrefix } from '../redis/keys.ts';
import { OLDEST } from '../redis/server-check.ts';
import { type Books, createBooks } from './books.ts';
import { createPayloads, type Payload, type Payloads } from './payloads.ts';

/** Name of the backoff that workers compute: exponential, with jitter and a cap. */
export const BACKOFF = 'capped-exponential';

/** BullMQ has no "for ever": this many tries take thousands of years. */
const UNTIL_DONE = 2 ** 31;
const MAX_EVENTS = 1_000;

export interface Queues {
  byName: Record<QueueName, Queue>;
  /** The queue of each partition of the stream: `matches`, `matches-2` … */
  lanes: readonly Lane[];
  /** Where the batches of a stream go. */
  laneOf(stream: string): Lane;
  /** Every queue there is. */
  all: readonly AnyQueue[];
  /** Adds the jobs in order, batches of one stream at a time; true for each one that is in the queue now (or was there before). Throws where Redis is out. */
  add<Name extends QueueName>(name: Name, data: readonly NewJobData[Name][]): Promise<boolean[]>;
  close(): Promise<void>;
}

/** `kind`: what its jobs are. */
export interface AnyQueue {
  name: string;
  kind: QueueName;
  queue: Queue;
}
export interface Lane extends AnyQueue {
  books: Books;
  payloads: Payloads;
}

/** `streams`: the partitions, in the order of SKYWIRE_STREAM. */
export function openQueues(
  client: RedisClient,
  deliveryAttempts: number,
  streams: readonly string[] = ['one'],
): Queues {
  // Else BullMQ asks for the version itself, once: a queue or worker that gets no answer then fails for as long as it lives.
  RedisConnection.minimumVersion = OLDEST.join('.');
  const open = (name: string): Queue => {
    const queue = new Queue(name, {
      connection: client,
      prefix: queuePrefix(name),
      streams: { events: { maxLen: MAX_EVENTS } },
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });
    // The connection is ours and reports its own trouble; without a listener an error event would end the process.
    queue.on('error', () => undefined);
    return queue;
  };
  const lanes = streams.map((_, nth): Lane => {
    const name = laneName(nth);
    const books = createBooks(client, name);
    return { name, kind: 'matches', queue: open(name), books, payloads: createPayloads(client, name) };
  });
  const others = queueNames
    .filter((name) => name !== 'matches')
    .map((name): AnyQueue => ({ name, kind: name, queue: open(name) }));
  const all = [...lanes, ...others];
  const byName = Object.fromEntries(
    queueNames.map((kind) => [kind, all.find((one) => one.kind === kind)!.queue]),
  ) as Queues['byName'];
  const laneOf = (stream: string): Lane => lanes[Math.max(0, streams.indexOf(stream))]!;

  return {
    byName,
    lanes,
    laneOf,
    all,
    async add(name, data) {
      const { id, jobName, encode, attempts, keepCompleted } = definitions[name] as unknown as Definition<
        NewJobData[typeof name]
      >;
      const options: JobsOptions = {
        attempts: attempts === 'delivery' ? deliveryAttempts : UNTIL_DONE,
        backoff: { type: BACKOFF },
        removeOnComplete: { count: keepCompleted },
        removeOnFail: false,
      };
      const encoded = data.map(encode);
      const wanted = data.map((one, at) => ({
        name: jobName(one),
        data: encoded[at]!.data,
        opts: { ...options, jobId: id(one) },
      }));
      const lane = name === 'matches' && data[0] ? laneOf(data[0].stream) : undefined;
      const ids = wanted.map(({ opts }) => opts.jobId);
      const payloads = encoded.flatMap(({ payload }, at): Payload[] =>
        payload ? [[ids[at]!, payload]] : [],
      );
      // One connection: what belongs to the jobs comes before them, whatever happens then.
      const laidDown = lane ? layDown(lane, ids, data as readonly NewBatch[], payloads) : undefined;
      if (isArmed('pump.before-add')) await laidDown;
      if (payloads.length) crashPoint('pump.before-add');
      const [jobs] = await Promise.all([(lane?.queue ?? byName[name]).addBulk(wanted), laidDown]);
      // Where a minute went by between the two, what seemed forgotten has been swept.
      const missing = await lane?.payloads.missing(payloads.map(([jobId]) => jobId));
      // A script error comes back as a job whose id is a negative number: only the very id that was asked for is a success.
      return ids.map((id, at) => jobs[at]?.id === id && !missing?.has(id));
    },
    async close() {
      await Promise.allSettled(all.map(({ queue }) => queue.close()));
    },
  };
}

/** Enters batches into the books, then puts beside their jobs what is not in them. */
async function layDown(
  { books, payloads }: Lane,
  ids: readonly string[],
  batches: readonly NewBatch[],
  bytes: readonly Payload[],
): Promise<void> {
  const jobs = ids.map((id, at) => ({ id, entries: batches[at]!.entries.length }));
  await Promise.all([books.open(jobs), payloads.put(bytes)]);
}

interface Definition<Data> {
  id: (data: Data) => string;
  jobName: (data: Data) => string;
  encode: (data: Data) => Encoded;
  attempts: 'until-done' | 'delivery';
  keepCompleted: number;
}
