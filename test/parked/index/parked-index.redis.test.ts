/** The index against Redis, which stays the only truth. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { queues as definitions } from '../../../queues/index.ts';
import { openQueues, type Queues } from '../../../src/lanes/queues.ts';
import { parkedByReason } from '../../../src/parked/index/groups.ts';
import { createParkedIndex, type ParkedIndex } from '../../../src/parked/index/parked-index.ts';
import { addFailed, unroutedMatches } from '../../fixtures/parked-jobs.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';

let redis: TestRedis;
let queues: Queues;
let index: ParkedIndex;
beforeAll(async () => {
  redis = await startRedis();
  queues = openQueues(redis.client({ maxRetriesPerRequest: null }), 3);
  index = createParkedIndex(redis.client(), queues);
});
afterAll(async () => {
  await queues?.close();
  await redis?.stop();
});

/** `id score` of all that BullMQ has. */
async function truth(): Promise<string[]> {
  const parked = queues.parked.queue;
  const sets = await Promise.all(
    ['failed', 'delayed'].map((state) => redis.client().zrange(parked.toKey(state), '0', '-1', 'WITHSCORES')),
  );
  return sets
    .flatMap((flat) => flat.flatMap((id, at) => (at % 2 ? [] : [`${id} ${Number(flat[at + 1])}`])))
    .sort();
}
const known = async () => [...(await index.jobs())].map(({ id, score }) => `${id} ${score}`).sort();

test('after any changes a refresh knows what Redis knows', async () => {
  const client = redis.client();
  const parked = queues.parked.queue;
  const failedKey = parked.toKey('failed');
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 25; round += 1) {
    await addFailed(client, queues, unroutedMatches(random(300), round * 1_000));
    const ids = await client.zrange(failedKey, '0', '-1');
    const some = ids.filter(() => random(10) === 0);
    for (const id of some) {
      const fate = random(4);
      if (fate === 0) await client.zrem(failedKey, id);
      if (fate === 1) await parked.remove(id);
      if (fate === 2) await client.zadd(failedKey, Date.now() + 1, id);
      if (fate === 3) {
        await client.zrem(failedKey, id);
        await client.zadd(parked.toKey('delayed'), Date.now() * 4_096 + random(4_096), id);
      }
    }
    await index.refresh();
    expect(await known()).toEqual(await truth());
  }
  expect((await truth()).length).toBeGreaterThan(1_000);
  const failed = await client.zcard(failedKey);
  expect((await parkedByReason(index))['unrouted']).toBe(failed);
});

test('whoever asks gets what is known soon, and what is new a moment later', async () => {
  const [{ match }] = unroutedMatches(1, 900_000) as [ReturnType<typeof unroutedMatches>[number]];
  await addFailed(redis.client(), queues, unroutedMatches(1, 900_000));
  await vi.waitFor(async () => {
    await index.jobs();
    expect(index.get('parked', definitions.parked.id(match))).toMatchObject({ subscription: 'common' });
  }, 15_000);
});

test('a large job is indexed by its beginning, and Redis sends no more of it', async () => {
  const [one] = unroutedMatches(1, 950_000);
  const { match } = one!;
  const entry = { id: '5-5', data: JSON.stringify({ subscription_id: 'big', x: 'y'.repeat(3_000_000) }) };
  await addFailed(redis.client(), queues, [{ ...one!, match: { ...match, entry } }]);
  await index.refresh();
  const found = [...(await index.jobs())].find(({ streamId }) => streamId === '5-5');
  expect(found).toMatchObject({ subscription: 'big' });
  expect(found!.text.length).toBeLessThanOrEqual(600);
});

test('with Redis gone whoever asks is told, and afterwards all is as before', async () => {
  const before = await known();
  const own = createParkedIndex(redis.client({ maxRetriesPerRequest: 1, retryStrategy: () => 100 }), queues);
  await own.refresh();
  await redis.kill9();
  await vi.waitFor(() => expect(own.refresh()).rejects.toThrow(), 10_000);
  await redis.restart();
  await vi.waitFor(() => own.refresh(), 15_000);
  expect([...(await own.jobs())].map(({ id, score }) => `${id} ${score}`).sort()).toEqual(before);
});
