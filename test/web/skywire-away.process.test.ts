/** The web role reads Skywire's Redis for its gauges alone: while that server is away, everything else is served. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, startRole } from '../fixtures/roles.ts';
import { scrape } from '../fixtures/scrape.ts';

let home: TestRedis;
let skywire: TestRedis;
beforeEach(async () => {
  [home, skywire] = await Promise.all([startRedis(), startRedis()]);
});
afterEach(async () => {
  await endRoles();
  await Promise.all([home.stop(), skywire.stop()]);
});

test('web starts while the Redis of Skywire is away, says so, and shows its stream once it is back', async () => {
  await skywire.client().xadd('skywire:matches', '*', 'data', 'x');
  await skywire.kill9();
  const web = await startRole('web', { REDIS_URL: home.url, SKYWIRE_REDIS_URL: skywire.url });
  await web.ready();
  expect((await fetch(`${web.url}/api/inboxes/ann`)).status).toBe(200);
  const healthSays = async () => {
    const { health } = (await (await fetch(`${web.url}/operator/figures`)).json()) as {
      health: { level: string; what: string }[];
    };
    return health.map(({ what }) => what).join(' ');
  };
  expect(await healthSays()).toContain("Skywire's stream cannot be read");
  expect((await scrape(web.url)).get('readable{part="redis_skywire"}')).toBe(0);

  await skywire.restart();
  await eventually(
    async () =>
      expect((await scrape(web.url)).get('stream_entries{stream="skywire:matches"}'), web.output()).toBe(1),
    { withinMs: 20_000 },
  );
  web.signal('SIGTERM');
  expect(await web.ended).toBe(0);
});
