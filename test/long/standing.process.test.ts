/** A worker that may not touch one partition's queue: everything looks alive, and that partition is not delivered. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';

let redis: TestRedis;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await endRoles();
  await redis.stop();
});

test('readiness, metrics and overview name the partition that stands still', async () => {
  const client = redis.client();
  // All but those of matches-2.
  const keys = '[^s]* subscription:* skywire-inbox:[^{]* skywire-inbox:{[^m]* skywire-inbox:{matches}*'.split(
    ' ',
  );
  await client.acl('SETUSER', 'worker', 'on', '>pw', '+@all', '&*', ...keys.map((key) => `~${key}`));
  const env = { REDIS_URL: redis.url, SKYWIRE_STREAM: 'one,two', BATCH_SIZE: '10', CANARY_SECONDS: '1' };
  const worker = await startRole('worker', { ...env, REDIS_URL: redis.url.replace('//', '//worker:pw@') });
  const [pump, web] = await Promise.all(['pump', 'web'].map((name) => startRole(name, env)));
  await Promise.all([pump!.ready(), web!.ready()]);
  for (let n = 0; n < 313; n += 1) await client.xadd('two', '*', 'data', wire(makeMatch('ann', n)));
  await eventually(
    async () => expect(await client.xlen('inbox:{skywire-inbox:canary}'), worker.output()).toBeGreaterThan(5),
    {
      withinMs: 30_000,
    },
  );
  await eventually(
    async () => {
      const response = await fetch(`${pump!.url}/readyz`);
      expect(response.status).toBe(503);
      const { checks } = (await response.json()) as { checks: Record<string, string> };
      expect(checks['queues']).toMatch(/queue matches-2 stands still: .* while others move/);
    },
    { withinMs: 100_000, everyMs: 1_000 },
  );
  expect(await client.xlen('inbox:{ann}')).toBe(0);
  const seen = await scrape(pump!.url);
  expect(seen.get('queue_standing_seconds{queue="matches-2"}')).toBeGreaterThan(60);
  expect(seen.get('queue_standing_seconds{queue="matches"}')).toBeLessThan(30);
  expect(seen.get('canary_age_seconds')).toBeGreaterThan(30);
  await eventually(
    async () => {
      const { health } = (await (await fetch(`${web!.url}/operator/figures`)).json()) as {
        health: { what: string; remedy: string }[];
      };
      const finding = health.find(({ what }) => what.includes('Queue matches-2 stands still'));
      expect(finding?.remedy).toContain('restart them');
      expect(health.map(({ what }) => what).join(' ')).toContain('our own test match of two,');
    },
    { withinMs: 20_000, everyMs: 1_000 },
  );
}, 200_000);
