/** The numbers that an operator sees, against what was really done: three roles, one Redis, and Prometheus' own reader. */
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readVersion } from '../../src/config/version.ts';
import { openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';

/** Each look is a scrape, which costs both sides. */
const EVERY = { timeout: 25_000, interval: 250 };

let redis: TestRedis;
let observer: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
  observer = await openPipeline(redis);
});
afterEach(async () => {
  await endRoles();
  await observer.stop();
  await redis.stop();
});

async function start(name: string): Promise<Role> {
  return (await startRole(name, { REDIS_URL: redis.url, LOG_LEVEL: 'warn' })).ready();
}

test('lag, pending, jobs, parked by reason, latency and memory are what they are', async () => {
  const goods = Array.from({ length: 300 }, (_, n) => wire(makeMatch('cats', n)));
  await observer.append([...goods, 'no JSON', '42']);
  const web = await start('web');
  const before = await scrape(web.url);
  expect(before.get(`stream_entries{stream="${STREAM}"}`)).toBe(302);
  expect(before.get(`stream_unread{stream="${STREAM}"}`)).toBe(302);
  expect(before.get(`stream_unread_age_seconds{stream="${STREAM}"}`)).toBeGreaterThan(0);

  const pump = await start('pump');
  await vi.waitFor(async () => {
    const seen = await scrape(pump.url);
    expect(seen.get('entries_read_total')).toBe(302);
    expect(seen.get(`stream_unread{stream="${STREAM}"}`)).toBe(0);
    expect(seen.get(`stream_unread_age_seconds{stream="${STREAM}"}`)).toBe(0);
    expect(seen.get('jobs{queue="matches",state="waiting"}')).toBeGreaterThan(0);
  }, EVERY);

  const worker = await start('worker');
  await observer.quiet();
  const done = await scrape(worker.url);
  expect(done.get('verdicts_total{queue="matches",verdict="delivered"}')).toBe(300);
  expect(done.get('parked_total{reason="malformed"}')).toBe(2);
  expect(done.get('delivery_latency_seconds_count{queue="matches"}')).toBe(302);
  expect(done.get('batch_entries_sum')).toBe(302);
  expect(done.get('job_duration_seconds_count{outcome="done",queue="matches"}')).toBe(
    done.get('batch_entries_count'),
  );
  expect(done.get('job_duration_seconds_count{outcome="failed",queue="parked"}')).toBe(2);
  expect(done.get(`stream_entries{stream="${STREAM}"}`)).toBeUndefined();

  await vi.waitFor(async () => {
    for (const url of [web.url, pump.url]) {
      const seen = await scrape(url);
      expect(seen.get('parked_matches{reason="malformed"}')).toBe(2);
      expect(seen.get('parked_matches{reason="unrouted"}')).toBe(0);
      expect(seen.get('jobs{queue="parked",state="failed"}')).toBe(2);
      expect(seen.get('redis_memory_used_bytes{server="home"}')).toBeGreaterThan(100_000);
      expect(seen.get('redis_durable{server="home"}')).toBe(1);
      expect(seen.get('redis_may_evict{server="home"}')).toBe(0);
      expect([...seen.keys()].some((key) => key.includes('server="skywire"'))).toBe(false);
    }
  }, EVERY);

  const text = await (await fetch(`${web.url}/metrics`)).text();
  for (const name of ['cats', 'did:plc', '127.0.0.1']) expect(text).not.toContain(name);
});

test('entries that a dead consumer left pending are counted, and so is their age', async () => {
  const [oldest] = await observer.append(Array.from({ length: 5 }, (_, n) => wire(makeMatch('cats', n))));
  const client = redis.client();
  await client.xgroup('CREATE', STREAM, 'skywire-inbox', '0');
  await client.xreadgroup('GROUP', 'skywire-inbox', 'dead', 'COUNT', 3, 'STREAMS', STREAM, '>');
  const web = await start('web');
  const seen = await scrape(web.url);
  expect(seen.get(`stream_pending{stream="${STREAM}"}`)).toBe(3);
  expect(seen.get(`stream_unread{stream="${STREAM}"}`)).toBe(2);
  const ageMs = Date.now() - Number.parseInt(oldest!, 10);
  const shownMs = seen.get(`stream_pending_age_seconds{stream="${STREAM}"}`)! * 1_000;
  expect(shownMs).toBeGreaterThan(0);
  expect(shownMs).toBeLessThanOrEqual(ageMs);
  expect(seen.get(`stream_unread_age_seconds{stream="${STREAM}"}`)! * 1_000).toBeLessThanOrEqual(shownMs);
});

test('with Redis gone the process still answers, and says what it could not read', async () => {
  const web = await start('web');
  await redis.kill9();
  // What the overview's sampler read a moment before still counts for a moment.
  await vi.waitFor(async () => {
    const seen = await scrape(web.url);
    expect(seen.get('readable{part="streams"}')).toBe(0);
    expect(seen.get('readable{part="redis_home"}')).toBe(0);
    expect([...seen.keys()].some((key) => key.startsWith('jobs{'))).toBe(false);
    expect(seen.get(`about{role="web",version="${readVersion()}"}`)).toBe(1);
  }, EVERY);
  await redis.restart();
  await vi.waitFor(async () => {
    expect((await scrape(web.url)).get('readable{part="redis_home"}')).toBe(1);
  }, EVERY);
});

test.skipIf(spawnSync('promtool', ['--version']).error)(
  "Prometheus' own promtool finds nothing to complain of (skipped where promtool is absent: apt install prometheus)",
  async () => {
    for (const name of ['web', 'pump', 'worker']) {
      const role = await start(name);
      const text = await (await fetch(`${role.url}/metrics`)).text();
      const ours = text.split('\n\n').filter((block) => block.includes('skywire_inbox_'));
      const checked = spawnSync('promtool', ['check', 'metrics'], {
        input: `${ours.join('\n')}\n`,
        encoding: 'utf8',
      });
      expect(checked.stderr + checked.stdout, name).toBe('');
      expect(checked.status).toBe(0);
    }
  },
);
