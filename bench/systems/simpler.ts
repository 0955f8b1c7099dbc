/**
 * The simpler designs, each with the product's own parser and inbox writes: what differs is how matches get from the stream to
 * them. Each is what a good engineer would write. COUNT 400 and a concurrency of 50 are chosen; no search for better ones was made.
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Delivery, Inboxes } from '../../processors/index.ts';
import { parseMatch } from '../../queues/index.ts';
import { readEnvironment, toConfig } from '../../src/config/config.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';

const STREAM = 'skywire:matches';
const GROUP = 'simpler';
const QUEUE = 'simpler';

const { REDIS_URL, BATCH_SIZE } = readEnvironment();
const count = Number(BATCH_SIZE ?? 400);
const config = toConfig({ REDIS_URL }, { listens: () => false });
const { address } = config.redis;
if (address?.kind !== 'socket') throw new Error('started by npm run bench');
const connect = () => new Redis({ path: address.path, maxRetriesPerRequest: null });
const inboxes = (): Inboxes => createInboxWriter(connect(), config.inbox);

interface Read {
  ids: string[];
  payloads: string[];
}

/** Whoever reads a stream by hand: read, hand on, acknowledge, and again. */
function openStream() {
  const [reader, client] = [connect(), connect()];
  return {
    ensureGroup: () => client.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM').catch(() => undefined),
    async read(): Promise<Read> {
      const reply = await reader.xreadgroup(
        ...(['GROUP', GROUP, 'one', 'COUNT', count, 'BLOCK', 1_000, 'STREAMS', STREAM, '>'] as const),
      );
      const entries = (reply?.[0]?.[1] ?? []) as [string, string[]][];
      return { ids: entries.map(([id]) => id), payloads: entries.map(([, fields]) => fields[1]!) };
    },
    ack: (ids: string[]) => client.xack(STREAM, GROUP, ...ids),
  };
}

async function consume(handle: (payloads: string[]) => Promise<unknown>): Promise<never> {
  const stream = openStream();
  await stream.ensureGroup();
  for (;;) {
    const { ids, payloads } = await stream.read();
    if (!ids.length) continue;
    await handle(payloads);
    await stream.ack(ids);
  }
}

/** Reads the next ones while these are written: the loop with the overlap that a second look at it brings. */
async function consumeAhead(handle: (payloads: string[]) => Promise<unknown>): Promise<never> {
  const stream = openStream();
  await stream.ensureGroup();
  for (let next = stream.read(); ; ) {
    const { ids, payloads } = await next;
    next = stream.read();
    if (!ids.length) continue;
    await handle(payloads);
    await stream.ack(ids);
  }
}

function deliveriesOf(payloads: readonly string[]): Delivery[] {
  return payloads.flatMap((payload) => {
    const parsed = parseMatch(payload);
    return 'match' in parsed ? [{ subscriber: parsed.match.subscriptionId, match: parsed.match }] : [];
  });
}

/** Nothing is kept of a job that is done: the cheapest. */
const options = { removeOnComplete: true };

const roles: Record<string, () => Promise<unknown>> = {
  loop: () => {
    const target = inboxes();
    return consume((payloads) => target.write(deliveriesOf(payloads)));
  },
  'loop-ahead': () => {
    const target = inboxes();
    return consumeAhead((payloads) => target.write(deliveriesOf(payloads)));
  },
  'loop-single': () => {
    const target = inboxes();
    return consume((payloads) => Promise.all(deliveriesOf(payloads).map((one) => target.write([one]))));
  },
  'add-bulk': () => {
    const queue = new Queue(QUEUE, { connection: connect() });
    return consume((payloads) =>
      queue.addBulk(payloads.map((data) => ({ name: 'match', data, opts: options }))),
    );
  },
  add: () => {
    const queue = new Queue(QUEUE, { connection: connect() });
    return consume((payloads) => Promise.all(payloads.map((data) => queue.add('match', data, options))));
  },
  /** No queue, no routing: the inbox writes of a big topic alone. */
  'plain-calls': async () => {
    const target = inboxes();
    const [entry] = await connect().xrange(STREAM, '-', '+', 'COUNT', 1);
    const [{ match }] = deliveriesOf([entry![1][1]!]) as [Delivery];
    const subscribers = Array.from({ length: Number(process.argv[3]) }, (_, n) => `subscriber-${n}`);
    let next = 0;
    const write = async () => {
      while (next < subscribers.length) {
        const some = subscribers.slice(next, (next += 500));
        await target.write(some.map((subscriber) => ({ subscriber, match })));
      }
    };
    await Promise.all([write(), write()]);
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
  'job-worker': async () => {
    const target = inboxes();
    const worker = new Worker<string>(QUEUE, (job) => target.write(deliveriesOf([job.data])), {
      connection: connect(),
      concurrency: 50,
    });
    await worker.waitUntilReady();
  },
};

process.on('SIGTERM', () => process.exit(0));
await roles[process.argv[2]!]!();
