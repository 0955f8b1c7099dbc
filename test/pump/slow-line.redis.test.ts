/** A line of 140 KB/s to Skywire's side: slow, but everything comes, and nothing is asked for again and again. */
import { afterEach, beforeEach, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { openPipeline, type Pipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startTestRelay, type TestRelay, TOKEN } from '../fixtures/relay.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

const BYTES_PER_SECOND = 140_000;
const MATCHES = Number(process.env['SLOW_MATCHES'] ?? 200);
const PADDING = 'x'.repeat(7_300);

let redis: TestRedis;
let home: TestRedis;
let relay: TestRelay | undefined;
let proxy: TcpProxy;
let pipeline: Pipeline;
beforeEach(async () => {
  [redis, home] = await Promise.all([startRedis(), startRedis()]);
  relay = undefined;
});
afterEach(async () => {
  await pipeline.stop();
  await relay?.stop();
  await proxy.stop();
  await Promise.all([redis.stop(), home.stop()]);
});

const match = (n: number, padding = PADDING) =>
  wire(makeMatch('s', n, { post: { text: `${n} ${padding}` } }));

async function append(payloads: readonly string[]): Promise<number> {
  const line = redis.client().pipeline();
  for (const payload of payloads) line.xadd('skywire:matches', '*', 'data', payload);
  await line.exec();
  return payloads.reduce((sum, payload) => sum + payload.length, 0);
}

const ways: Record<string, () => Promise<Record<string, string>>> = {
  'straight from Redis': async () => {
    proxy = await startProxy(redis.port);
    return { SKYWIRE_REDIS_URL: proxy.url };
  },
  'through a relay': async () => {
    relay = await startTestRelay(redis);
    proxy = await startProxy(Number(new URL(relay.url).port));
    return { SKYWIRE_RELAY_URL: `ws://127.0.0.1:${proxy.port}`, SKYWIRE_RELAY_TOKEN: TOKEN };
  },
};

async function deliverOverSlowLine(way: string, payloads: readonly string[]): Promise<void> {
  const env = await ways[way]!();
  const bytes = await append(payloads);
  proxy.set({ bytesPerSecond: BYTES_PER_SECOND });
  pipeline = await openPipeline(home, env);
  pipeline.startPump();
  pipeline.startWorker();
  const began = performance.now();
  const idealMs = (1_000 * bytes) / BYTES_PER_SECOND;
  await eventually(
    async () => {
      const { length } = await pipeline.inbox('s');
      if (length < payloads.length) throw new Error(`${length} of ${payloads.length} are in the inbox`);
    },
    // Each byte may cross the line once, and the few of a read that was given up; before, the same read was asked for for ever.
    { withinMs: 3 * idealMs + 15_000, everyMs: 200 },
  );
  console.log(
    `${way}: ${Math.round((performance.now() - began) / 1_000)} s; at best ${Math.round(idealMs / 1_000)} s`,
  );
}

test.each(Object.keys(ways))(
  'many small matches %s',
  (way) =>
    deliverOverSlowLine(
      way,
      Array.from({ length: MATCHES }, (_, n) => match(n)),
    ),
  300_000,
);

test.each(Object.keys(ways))(
  'a match that takes longer than any time limit, among small ones, %s',
  (way) => deliverOverSlowLine(way, [match(0, ''), match(1, 'x'.repeat(3_900_000)), match(2, '')]),
  120_000,
);
