import { afterEach, beforeEach, expect, test } from 'vitest';
import { nothingWrong, Oracle, testPosts } from './fixtures/oracle.ts';
import { openPipeline, type Pipeline } from './fixtures/pipeline.ts';
import type { WireMatch } from './fixtures/posts.ts';
import { startRedis, type TestRedis } from './fixtures/redis.ts';

let redis: TestRedis;
let pipeline: Pipeline;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await pipeline.stop();
  await redis.stop();
});

const POSTS = 5_019;
const SUBSCRIPTIONS = 40;

/** Every post for one subscription, each seventh for a second one; three in a hundred appended again, stamped anew. */
function matchesOf(secondOf: (first: number) => number) {
  const matches = testPosts(POSTS).flatMap((post, n) => {
    const first = (n * 7) % SUBSCRIPTIONS;
    return [first, ...(n % 7 === 0 ? [secondOf(first)] : [])].map(
      (subscription): WireMatch => ({ subscription_id: `sub-${subscription}`, match_score: n / POSTS, post }),
    );
  });
  const again = matches.filter((_, n) => n % 33 === 0);
  const stampedAnew = again.map((match) => ({
    ...match,
    post: { ...match.post, indexed_at: '2026-01-02T03:04:05Z' },
  }));
  return { matches, appended: [...matches, ...stampedAnew].map((match) => JSON.stringify(match)) };
}

test('every inbox holds exactly its posts, each once, bodies equal, ids increasing', async () => {
  pipeline = await openPipeline(redis);
  const { matches, appended } = matchesOf((first) => (first + 11) % SUBSCRIPTIONS);
  const oracle = new Oracle();
  for (const match of matches) oracle.expect(match.subscription_id, match);
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(appended);
  await pipeline.quiet();
  expect(await oracle.compare(redis.client())).toMatchObject(nothingWrong);
  expect(await pipeline.queues.parked.queue.getJobCountByTypes('failed', 'delayed', 'waiting')).toBe(0);
});

test('two subscriptions of one person bring a post once, with both beside it', async () => {
  pipeline = await openPipeline(redis, { ROUTING: 'directory' });
  const people = 10;
  const { matches, appended } = matchesOf((first) => (first + people) % SUBSCRIPTIONS);
  const oracle = new Oracle();
  const personOf = (subscription: string) => `person-${Number(subscription.slice(4)) % people}`;
  for (const match of matches) oracle.expect(personOf(match.subscription_id), match);
  for (let n = 0; n < SUBSCRIPTIONS; n += 1)
    await pipeline.directory.register(`sub-${n}`, personOf(`sub-${n}`));
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.append(appended);
  await pipeline.quiet();
  expect(await oracle.compare(redis.client())).toMatchObject(nothingWrong);
});
