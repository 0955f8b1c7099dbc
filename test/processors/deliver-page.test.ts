import { beforeEach, describe, expect, test } from 'vitest';
import { deliverPage } from '../../processors/deliver-page.ts';
import { Undelivered } from '../../processors/index.ts';
import type { FanoutPage } from '../../queues/index.ts';
import { Outage, runOf, World } from '../fixtures/in-memory-ports.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';

let world: World;
beforeEach(() => {
  world = new World();
  world.subscribe('big', 'a', 'b', 'c', 'd', 'e');
});

const page: FanoutPage = {
  v: 1,
  stream: 'skywire:matches',
  entry: { id: '1-0', data: wire(makeMatch('big', 1)) },
  page: { first: 'b', last: 'd' },
  run: 'batch-1',
};
const deliver = (job = page, about: Parameters<typeof runOf>[0] = {}) =>
  deliverPage(job, runOf(about), world.ports);

test('a page is delivered to its subscribers, both ends included, and to nobody else', async () => {
  expect(await deliver()).toEqual({ delivered: 3 });
  expect([...world.inboxes.keys()]).toEqual(['b', 'c', 'd']);
});

test('a page that runs twice shows nothing twice', async () => {
  await deliver();
  expect(await deliver()).toEqual({ duplicate: 3 });
  expect(world.itemsOf('c')).toBe(1);
});

test('who left since is left out, who came since is taken in', async () => {
  world.subscribe('big', 'a', 'b', 'bb', 'd');
  await deliver();
  expect([...world.inboxes.keys()]).toEqual(['b', 'bb', 'd']);
});

test('a page that everybody left writes nothing', async () => {
  world.subscribe('big', 'a');
  expect(await deliver()).toEqual({});
  expect(world.inboxes.size).toBe(0);
});

test('the refusal of one subscriber is parked for that one, and the others have the match', async () => {
  world.refusing.add('c');
  expect(await deliver()).toEqual({ delivered: 2, parked: 1 });
  const { v, stream, entry } = page;
  expect(world.parked).toEqual([
    { v, stream, entry, reason: 'rejected', detail: 'the inbox of c takes nothing', subscriber: 'c' },
  ]);
});

test('who was erased since the match was received has none of it', async () => {
  world.erased.set('b', 1);
  world.erased.set('c', 0);
  expect(await deliver()).toEqual({ delivered: 2, dropped: 1 });
  expect([...world.inboxes.keys()]).toEqual(['c', 'd']);
});

describe('a page that waits for a person', () => {
  test('has an entry that is no match', async () => {
    const broken = deliver({ ...page, entry: { id: '1-0', data: '[]' } });
    await expect(broken).rejects.toBeInstanceOf(Undelivered);
    await expect(broken).rejects.toMatchObject({
      final: true,
      message: expect.stringMatching(/^malformed: /),
    });
  });

  test('ended its worker again and again', async () => {
    expect(await deliver(page, { stalls: 4 })).toEqual({ delivered: 3 });
    await expect(deliver(page, { stalls: 5 })).rejects.toMatchObject({
      final: true,
      message: 'suspect: its worker crashed 5 times while handling this match',
    });
  });
});

test.each(['subscribersOf', 'write', 'park'] as const)(
  'an outage of %s fails the page as a whole',
  async (call) => {
    world.refusing.add('c');
    const outage = new Outage('LOADING');
    world.broken.set(call, outage);
    await expect(deliver()).rejects.toBe(outage);
  },
);
