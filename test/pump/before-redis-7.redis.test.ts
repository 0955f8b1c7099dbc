/** Redis 6.2, which counts neither what was added to a stream nor what a group was given: a Redis behind a proxy that takes that away. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cursorKey } from '../../src/redis/keys.ts';
import { lostIn } from '../../src/tools/lost.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

/** Fields of XINFO since Redis 7, where a script asks for them and where a reply has them; their length stays. */
const since7 =
  /entries-read|entries-added|max-deleted-entry-id|recorded-first-entry-id|(?<=\$3\r\n)lag(?=\r\n)/g;
let hidden = 0;
const hide = (bytes: Buffer): Buffer => {
  const text = bytes.toString('latin1').replace(since7, (name) => {
    hidden += 1;
    return '-'.repeat(name.length);
  });
  return Buffer.from(text, 'latin1');
};

let redis: TestRedis;
let proxy: TcpProxy;
let pipeline: Pipeline;
beforeAll(async () => {
  redis = await startRedis();
  proxy = await startProxy(redis.port, hide);
  pipeline = await openPipeline(redis, { SKYWIRE_REDIS_URL: proxy.url });
});
afterAll(async () => {
  await pipeline.stop();
  await proxy.stop();
  await redis.stop();
});

let matches = 0;
const append = (count: number) =>
  pipeline.append(Array.from({ length: count }, () => wire(makeMatch('cats', (matches += 1)))));
const lost = async () => (await lostIn({ home: redis.client(), stream: STREAM, from: '-', to: '+' })).unread;
const delivered = (count: number) =>
  vi.waitFor(async () => expect(await pipeline.inbox('cats')).toHaveLength(count), {
    timeout: 20_000,
    interval: 50,
  });

test('entries that were removed before they were read: between which ids, unknown how many, and once', async () => {
  pipeline.startWorker();
  const pump = pipeline.startPump();
  const before = (await append(20)).at(-1)!;
  await delivered(20);
  // Kept with it: how far the stream was looked at.
  await vi.waitFor(
    async () => expect(await redis.client().get(cursorKey(STREAM, GROUP))).toBe(before),
    20_000,
  );
  await pump.stop();
  const ids = await append(100);
  await redis.client().xtrim(STREAM, 'MAXLEN', 10);
  const log = vi.spyOn(pipeline.context.log, 'error');
  pipeline.startPump();
  await vi.waitFor(async () => expect(await lost()).toHaveLength(1), { timeout: 20_000, interval: 50 });
  await append(5);
  await delivered(35);
  const [gap, ...more] = await lost();
  expect(gap).toMatchObject({ after: before, entries: null });
  expect(gap!.to >= ids[89]! && gap!.to < ids[90]!).toBe(true);
  expect(more).toEqual([]);
  expect(log).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ entries: 'unknown how many' }),
    expect.stringMatching(/^LOST/),
  );
  expect(await pipeline.context.metrics.registry.metrics()).toContain(
    'skywire_inbox_entries_trimmed_unread_total 1',
  );
  expect(hidden).toBeGreaterThan(4);
});
