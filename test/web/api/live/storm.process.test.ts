/**
 * Streams of a real web process under load: clients cut at random while items arrive, and clients that never read.
 * FULL_SIZE=1: 100 clients, 1,000 cuts, 50,000 deliveries; 500 clients that never read.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseMatch } from '../../../../queues/index.ts';
import { createInboxWriter } from '../../../../src/inbox/write/inbox-writer.ts';
import { inboxKeys } from '../../../../src/redis/keys.ts';
import { createRandom } from '../../../../src/simulator/random.ts';
import { type EventClient, openEvents } from '../../../fixtures/event-stream.ts';
import { isFull } from '../../../fixtures/full-size.ts';
import { makeMatch, wire } from '../../../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../../../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../../../fixtures/roles.ts';

const size = isFull
  ? { inboxes: 10, clients: 100, cuts: 1_000, deliveries: 50_000, idle: 500 }
  : { inboxes: 5, clients: 20, cuts: 60, deliveries: 2_000, idle: 100 };
const PER_SECOND = 2_500;
const MOST_MB = 80;
const TIMEOUT_MS = 300_000;

let redis: TestRedis;
let web: Role;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
  web = await startRole('web', { REDIS_URL: redis.url });
  await web.ready();
});
afterAll(async () => {
  await endRoles();
  await redis?.stop();
});

const liveUrl = (inbox: string) => `${web.url}/api/inboxes/${inbox}/live`;
const idsIn = async (inbox: string): Promise<string[]> =>
  (await redis.client().xrange(inboxKeys(inbox).items, '-', '+')).map(([id]) => id);

/** `count` items, round robin, in order, at the rate or as fast as it goes. */
async function deliver(inboxes: readonly string[], count: number): Promise<void> {
  const writer = createInboxWriter(redis.client(), { maxItems: 0, maxAgeMs: 0, seenWindowMs: 3_600_000 });
  const startedAt = performance.now();
  for (let sent = 0; sent < count; ) {
    const due = Math.min(((performance.now() - startedAt) / 1_000) * PER_SECOND, count, sent + 500);
    const deliveries = [];
    for (; sent < due; sent += 1) {
      const parsed = parseMatch(wire(makeMatch('storm', sent, { emptyRkey: true })));
      if (!('match' in parsed)) throw new Error(parsed.malformed);
      deliveries.push({ subscriber: inboxes[sent % inboxes.length]!, match: parsed.match });
    }
    await writer.write(deliveries);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test(`${size.clients} clients that are cut ${size.cuts} times during ${size.deliveries} deliveries miss none and get none twice`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = createRandom(5, 1);
  const inboxes = Array.from({ length: size.inboxes }, (_, n) => `storm-${n}`);
  const clients = Array.from({ length: size.clients }, (_, n) => {
    const client = openEvents(`${liveUrl(inboxes[n % inboxes.length]!)}?after=0-0`);
    client.onEnd = () => client.connect();
    return client;
  });
  await vi.waitFor(() => expect(clients.every(({ isOpen }) => isOpen)).toBe(true), { timeout: 20_000 });
  let cuts = 0;
  let isDelivering = true;
  const perCut = size.deliveries / size.cuts;
  const cutting = vi.waitFor(
    async () => {
      const done = (
        await Promise.all(inboxes.map((name) => redis.client().xlen(inboxKeys(name).items)))
      ).reduce((sum, n) => sum + n, 0);
      for (; cuts < Math.min(done / perCut, size.cuts); cuts += 1) random.pick(clients).cut();
      expect(isDelivering).toBe(false);
    },
    { timeout: TIMEOUT_MS, interval: 20 },
  );
  const startedAt = performance.now();
  await deliver(inboxes, size.deliveries).finally(() => {
    isDelivering = false;
  });
  await cutting;
  const wanted = await Promise.all(inboxes.map(idsIn));
  expect(wanted.flat()).toHaveLength(size.deliveries);
  const of = (client: EventClient) => wanted[clients.indexOf(client) % inboxes.length]!;
  await vi.waitFor(
    () => expect(clients.filter((client) => client.lastId !== of(client).at(-1))).toHaveLength(0),
    { timeout: 60_000, interval: 100 },
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const client of clients) expect(client.ids()).toEqual(of(client));
  expect(cuts).toBeGreaterThanOrEqual(size.cuts * 0.9);
  for (const client of clients) {
    client.onEnd = () => undefined;
    client.cut();
  }
  console.log(
    `streams: ${size.clients} clients, ${cuts} cuts, ${size.deliveries} deliveries, ${clients.reduce((sum, client) => sum + client.ids().length, 0)} events, none missing, none twice, in ${seconds.toFixed(0)} s`,
  );
});

const memoryMb = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${web.pid}/status`, 'utf8'))![1]) / 1_024;
const isLinux = process.platform === 'linux';

test.runIf(isLinux && isFull)(
  `${size.idle} clients that never read cost less than ${MOST_MB} MB`,
  { timeout: TIMEOUT_MS },
  async () => {
    const inboxes = Array.from({ length: size.inboxes }, (_, n) => `never-${n}`);
    const { hostname, port } = new URL(web.url);
    const sockets: Socket[] = [];
    // A client that does read warms the process up, and shows that the others do not hold it up.
    const reading = openEvents(`${liveUrl(inboxes[0]!)}?after=0-0`);
    await deliver(inboxes, 5_000);
    await vi.waitFor(async () => expect(reading.ids()).toEqual(await idsIn(inboxes[0]!)), {
      timeout: 30_000,
    });
    const before = memoryMb();
    let most = before;
    for (let n = 0; n < size.idle; n += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined).pause();
      socket.write(
        `GET /api/inboxes/${inboxes[n % inboxes.length]}/live?after=0-0 HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`,
      );
      sockets.push(socket);
    }
    const watching = setInterval(() => {
      most = Math.max(most, memoryMb());
    }, 50);
    // Other posts than before: those would be duplicates.
    const client = redis.client();
    const text = 'x'.repeat(2_000);
    for (let n = 0; n < 4_000; n += 1) {
      const pipeline = client.pipeline();
      const post = JSON.stringify({ uri: '', text, author: 'did:plc:a', indexed_at: '', raw_record: { n } });
      for (const inbox of inboxes)
        pipeline.xadd(
          inboxKeys(inbox).items,
          '*',
          'post',
          post,
          'matched_by',
          '{"subscription_id":"s","match_score":1}',
          'identity',
          `${n}`,
        );
      await pipeline.exec();
    }
    await vi.waitFor(async () => expect(reading.lastId).toBe((await idsIn(inboxes[0]!)).at(-1)), {
      timeout: 60_000,
    });
    clearInterval(watching);
    const after = memoryMb();
    console.log(
      `never reading: ${size.idle} clients cost ${(most - before).toFixed(0)} MB at the most (${before.toFixed(0)} MB before, ${after.toFixed(0)} after)`,
    );
    expect(most - before).toBeLessThan(MOST_MB);
    expect(reading.ids()).toEqual(await idsIn(inboxes[0]!));
    for (const socket of sockets) socket.destroy();
    reading.cut();
  },
);

test('the process ends in good order while streams are open', { timeout: TIMEOUT_MS }, async () => {
  const clients = Array.from({ length: 20 }, (_, n) => openEvents(liveUrl(`end-${n}`)));
  await vi.waitFor(() => expect(clients.every(({ isOpen }) => isOpen)).toBe(true), { timeout: 20_000 });
  web.signal('SIGTERM');
  expect(await web.ended).toBe(0);
  await vi.waitFor(() => expect(clients.some(({ isOpen }) => isOpen)).toBe(false));
});
