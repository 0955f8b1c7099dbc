/** The queues in Redis: the only `new Queue`. Adding a job here checks that it is really there. */
import { type JobsOptions, Queue } from 'bullmq';
import { queues as definitions, type NewJobData, type QueueName, queueNames } from '../../queues/index.ts';
import { type Books, createBooks } from './books.ts';
import type { RedisClient } from './connections.ts';
import { laneName, queuePrefix } from './keys.ts';

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
}

/** `streams`: the partitions, in the order of SKYWIRE_STREAM. */
export function openQueues(
  client: RedisClient,
  deliveryAttempts: number,
  streams: readonly string[] = ['one'],
): Queues {
  const open = (name: string): Queue => {
    const queue = new Queue(name, {
      connection: client,
      prefix: queuePrefix(name),
      streams: { events: { maxLen: MAX_EVENTS } },
      skipWaitingForReady: true,
    });
    // The connection is ours and reports its own trouble; without a listener an error event would end the process.
    queue.on('error', () => undefined);
    return queue;
  };
  const lanes = streams.map((_, nth): Lane => {
    const name = laneName(nth);
    return { name, kind: 'matches', queue: open(name), books: createBooks(client, name) };
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
      const wanted = data.map((one) => ({
        name: jobName(one),
        data: encode(one),
        opts: { ...options, jobId: id(one) },
      }));
      const entries = (one: NewJobData[typeof name]) => ('entries' in one ? one.entries.length : 0);
      // One connection: the books come first, whatever happens then.
      const lane = name === 'matches' && data[0] ? laneOf(data[0].stream) : undefined;
      const booked = lane
        ? lane.books.open(data.map((one, at) => ({ id: wanted[at]!.opts.jobId, entries: entries(one) })))
        : undefined;
      const [jobs] = await Promise.all([(lane?.queue ?? byName[name]).addBulk(wanted), booked]);
      // A script error comes back as a job whose id is a negative number: only the very id that was asked for is a success.
      return wanted.map((one, at) => jobs[at]?.id === one.opts.jobId);
    },
    async close() {
      await Promise.allSettled(all.map(({ queue }) => queue.close()));
    },
  };
}

interface Definition<Data> {
  id: (data: Data) => string;
  jobName: (data: Data) => string;
  encode: (data: Data) => object;
  attempts: 'until-done' | 'delivery';
  keepCompleted: number;
}
