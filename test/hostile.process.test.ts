import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFull } from './fixtures/full-size.ts';
import { nothingWrong, Oracle } from './fixtures/oracle.ts';
import { openPipeline, type Pipeline, STREAM } from './fixtures/pipeline.ts';
import { makeMatch, type WireMatch, wire } from './fixtures/posts.ts';
import { startRedis, type TestRedis } from './fixtures/redis.ts';
import { endRoles, startRole } from './fixtures/roles.ts';

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

/** Fields of a stream entry that is no match, number n; every kind ends as failed in `parked`. */
function badEntry(n: number): string[] {
  const good = makeMatch('cats', 1_000_000 + n);
  const with_ = (change: object) => ['data', JSON.stringify({ ...good, ...change })];
  const kinds: (() => string[])[] = [
    () => ['other', `field ${n}`],
    () => ['data', ''],
    () => ['data', `not JSON ${n} \u001b[31m`],
    () => ['data', '42'],
    () => ['data', 'null'],
    () => ['data', '[]'],
    () => ['data', '"text"'],
    () => ['data', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    () => [
      'data',
      `{"subscription_id":"cats","match_score":1,"post":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}}`,
    ],
    () => with_({ subscription_id: '' }),
    () => with_({ subscription_id: 7 }),
    () => with_({ subscription_id: 'x'.repeat(600 + n) }),
    () => with_({ match_score: '0.9' }),
    () => ['data', wire(good).replace(/"match_score":[\d.]+/, '"match_score":1e400')],
    () => with_({ post: null }),
    () => with_({ post: { ...good.post, raw_record: [] } }),
    () => with_({ post: { ...good.post, text: undefined } }),
    () => with_({ subscription_id: 'wrong-type' }),
    () => ['data', '{"__proto__":{"subscription_id":"cats"}}'],
    () => [
      'data',
      `{"subscription_id":"cats","match_score":1,"post":{"uri":"a","text":"${'x'.repeat(n === 19 ? 5_000_000 : 10)}"}}`,
    ],
  ];
  return kinds[n % kinds.length]!();
}

/** Strange, and a match all the same. */
const strangeTexts = [
  '\u0000',
  '\u001b[2J',
  '\u202Etxet',
  ']]>',
  '<script>alert(1)</script>',
  '👨‍👩‍👧‍👦',
  '\ufeff',
  '__proto__',
  '',
];
const strangeNames = ['{}', '*', 'a\nb', 'a:b', 'cats}:seen', 'skywire-inbox:{matches}', 'x'.repeat(512)];

/** Bad entries, and ten times as many good ones. */
const BAD = isFull ? 500 : 150;

test(`${BAD} hostile entries among ${BAD * 10} good ones: the good ones arrive, each bad one is parked with its reason`, async () => {
  const oracle = new Oracle();
  const good: WireMatch[] = Array.from({ length: BAD * 10 }, (_, n) => {
    const match = makeMatch(`sub-${n % 20}`, n, { emptyRkey: true });
    const strange = strangeTexts[n % 50];
    if (strange !== undefined)
      match.post = {
        ...match.post,
        text: strange,
        raw_record: { ...match.post.raw_record, n, text: strange },
      };
    oracle.expect(match.subscription_id, match);
    return match;
  });
  const client = redis.client();
  await client.set('inbox:{wrong-type}', 'taken');
  const env = { REDIS_URL: redis.url, LOG_LEVEL: 'warn' };
  const roles = await Promise.all(
    ['pump', 'worker', 'web'].map(async (name) => (await startRole(name, env)).ready()),
  );
  const badIds: string[] = [];
  const extra = strangeNames.map((name, n) => makeMatch(name, 2_000_000 + n));
  for (let block = 0; block < BAD; block += 1) {
    badIds.push((await client.xadd(STREAM, '*', ...badEntry(block)))!);
    await observer.append(good.slice(block * 10, block * 10 + 10).map(wire));
  }
  await observer.append(extra.map(wire));
  await observer.quiet(45_000);

  expect(await oracle.compare(client)).toMatchObject({ expected: BAD * 10, ...nothingWrong });
  const failed = await observer.queues.parked.queue.getFailed(0, -1);
  expect(failed.map((job) => job.data.entry.id).sort()).toEqual([...badIds].sort());
  for (const job of failed) {
    expect(['malformed', 'rejected']).toContain(job.name);
    expect(job.failedReason).toMatch(/^(malformed|rejected): .+/);
    expect(job.data.stream).toBe(STREAM);
    expect(job.data.entry.data ?? job.data.entry.fields).toBeDefined();
  }
  const web = roles[2]!;
  for (const match of extra) {
    const response = await fetch(`${web.url}/api/inboxes/${encodeURIComponent(match.subscription_id)}`);
    expect(await response.json()).toMatchObject({ total: 1 });
  }
  for (const role of roles) {
    expect(role.hasEnded()).toBe(false);
    expect(role.output()).not.toContain('\u001b');
  }
}, 120_000);
