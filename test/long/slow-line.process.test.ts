/** A line of 140 KB/s to Skywire's side: slow, but everything comes, and nothing is asked for again and again. */
import { test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { openPipeline } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startTestRelay, TOKEN } from '../fixtures/relay.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

const BYTES_PER_SECOND = 140_000;
const PADDING = 'x'.repeat(7_300);

const match = (n: number, padding = PADDING) =>
  wire(makeMatch('s', n, { post: { text: `${n} ${padding}` } }));

interface Line {
  proxy: TcpProxy;
  env: Record<string, string>;
}
/** Calls what it was given when the test has ended, the last one first. */
type AtEnd = (stop: () => void | Promise<void>) => void;

const ways: Record<string, (skywire: TestRedis, atEnd: AtEnd) => Promise<Line>> = {
  'straight from Redis': async (skywire) => {
    const proxy = await startProxy(skywire.port);
    return { proxy, env: { SKYWIRE_REDIS_URL: proxy.url } };
  },
  'through a relay': async (skywire, atEnd) => {
    const relay = await startTestRelay(skywire);
    atEnd(() => relay.stop());
    const proxy = await startProxy(Number(new URL(relay.url).port));
    return {
      proxy,
      env: { SKYWIRE_RELAY_URL: `ws://127.0.0.1:${proxy.port}`, SKYWIRE_RELAY_TOKEN: TOKEN },
    };
  },
};

async function deliverOverSlowLine(way: string, payloads: readonly string[], atEnd: AtEnd): Promise<void> {
  const [skywire, home] = await Promise.all([startRedis(), startRedis()]);
  atEnd(() => skywire.stop());
  atEnd(() => home.stop());
  const { proxy, env } = await ways[way]!(skywire, atEnd);
  atEnd(() => proxy.stop());
  for (const payload of payloads) await skywire.client().xadd('skywire:matches', '*', 'data', payload);
  proxy.set({ bytesPerSecond: BYTES_PER_SECOND });
  const pipeline = await openPipeline(home, env);
  atEnd(() => pipeline.stop());
  pipeline.startPump();
  pipeline.startWorker();
  const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
  const delivered = async () => {
    const { length } = await pipeline.inbox('s');
    if (length < payloads.length) throw new Error(`${length} of ${payloads.length} are in the inbox`);
  };
  await eventually(delivered, {
    // Each byte may cross the line once, and the few of a read that was given up; before, the same read was asked for for ever.
    withinMs: (3_000 * bytes) / BYTES_PER_SECOND + 15_000,
    everyMs: 200,
  });
}

const cases: [string, string[]][] = [
  ['many small matches', Array.from({ length: 200 }, (_, n) => match(n))],
  [
    'a match that takes longer than any time limit, among small ones,',
    [match(0, ''), match(1, 'x'.repeat(3_900_000)), match(2, '')],
  ],
];

for (const [what, payloads] of cases) {
  test.concurrent.for(Object.keys(ways))(`${what} %s`, { timeout: 300_000 }, (way, { onTestFinished }) =>
    deliverOverSlowLine(way, payloads, onTestFinished),
  );
}
