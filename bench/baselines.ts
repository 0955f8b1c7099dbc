/** The simpler designs, each with the product's own inbox writes: what differs is how matches get from the stream to them. */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type Delivery, type Inboxes } from '../processors/index.ts';
import { parseMatch } from '../queues/index.ts';
import { readEnvironment, toConfig } from '../src/config.ts';
import { createInboxWriter } from '../src/inbox/inbox-writer.ts';

const STREAM = 'skywire:matches';
const GROUP = 'baseline';
const QUEUE = 'baseline';
const COUNT = 400;

const { REDIS_URL } = readEnvironment();
const config = toConfig({ REDIS_URL }, { listens: () => false });
const { address } = config.redis;
if (address?.kind !== 'socket') throw new Error('started by npm run bench');
const connect = () => new Redis({ path: address.path, maxRetriesPerRequest: null });

function deliveriesOf(payloads: readonly string[]): Delivery[] {
  return payloads.flatMap((payload) => {
    const parsed = parseMatch(payload);
    return 'match' in parsed ? [{ subscriber: parsed.match.subscriptionId, match: parsed.match }] : [];
  });
}

async function consume(handle: (payloads: string[]) => Promise<unknown>): Promise<never> {
  const [reader, client] = [connect(), connect()];
  await client.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM').catch(() => undefined);
  for (;;) {
    const reply = (await reader.xreadgroup(
      'GROUP',
      GROUP,
      'one',
      'COUNT',
      COUNT,
      'BLOCK',
      1_000,
      'STREAMS',
      STREAM,
      '>',
    )) as [string, [string, string[]][]][] | null;
    const entries = reply?.[0]?.[1] ?? [];
    if (!entries.length) continue;
    await handle(entries.map(([, fields]) => fields[1]!));
    await client.xack(STREAM, GROUP, ...entries.map(([id]) => id));
  }
}

const inboxes = (): Inboxes => createInboxWriter(connect(), config.inbox);
const queue = () => new Queue(QUEUE, { connection: connect() });
const options = { removeOnComplete: { count: 100 } };

const roles: Record<string, () => Promise<unknown>> = {
  loop: () => {
    const target = inboxes();
    return consume((payloads) => target.write(deliveriesOf(payloads)));
  },
  'add-bulk': () => {
    const target = queue();
    return consume((payloads) =>
      target.addBulk(payloads.map((data) => ({ name: 'match', data, opts: options }))),
    );
  },
  add: () => {
    const target = queue();
    return consume((payloads) => Promise.all(payloads.map((data) => target.add('match', data, options))));
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
