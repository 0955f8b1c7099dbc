import { beforeEach, describe, expect, test } from 'vitest';
import { deliverParked } from '../../processors/deliver-parked.ts';
import { Undelivered } from '../../processors/index.ts';
import type { ParkedMatch, ParkingReason } from '../../queues/index.ts';
import { Outage, runOf, World } from '../fixtures/in-memory-ports.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const byHand = { attemptsMade: 1 };
const parkedFor = (reason: ParkingReason, about: Partial<ParkedMatch> = {}): ParkedMatch => ({
  v: 1,
  stream: 'skywire:matches',
  entry: { id: '1-0', data: wire(makeMatch('s', 1)) },
  reason,
  detail: `why it is ${reason}`,
  ...about,
});
const deliver = (parked: ParkedMatch, about: Parameters<typeof runOf>[0] = {}) =>
  deliverParked(parked, runOf({ jobId: 'parked-1', ...about }), world.ports);

/** What it says of a match that stays undelivered. */
async function undelivered(parked: ParkedMatch, about: Parameters<typeof runOf>[0] = {}) {
  const error = await deliver(parked, about).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Undelivered);
  const { message, final } = error as Undelivered;
  return { message, final };
}

test('a retry brings nothing back to who was erased since, alone or among others', async () => {
  world.subscribe('s', 'ann', 'ben');
  world.erased.set('ann', 1);
  expect(await deliver(parkedFor('rejected', { subscriber: 'ann' }), byHand)).toEqual({ dropped: 1 });
  expect(await deliver(parkedFor('unrouted'), byHand)).toEqual({ delivered: 1 });
  expect([...world.inboxes.keys()]).toEqual(['ben']);
  world.subscribe('s', 'ann');
  expect(await deliver(parkedFor('unrouted'), byHand)).toEqual({ dropped: 1 });
});

describe('what cannot mend itself', () => {
  test.each<ParkingReason>(['malformed', 'rejected', 'suspect'])(
    '%s: fails at once with its reason, and nothing is tried',
    async (reason) => {
      world.subscribe('s', 'ann');
      expect(await undelivered(parkedFor(reason))).toEqual({
        message: `${reason}: why it is ${reason}`,
        final: true,
      });
      expect(world.inboxes.size).toBe(0);
    },
  );

  test.each<ParkingReason>(['malformed', 'rejected', 'suspect'])(
    '%s: is delivered when a person retries it',
    async (reason) => {
      world.subscribe('s', 'ann');
      expect(await deliver(parkedFor(reason), byHand)).toEqual({ delivered: 1 });
      expect(world.itemsOf('ann')).toBe(1);
    },
  );

  test('fails again, with what is wrong now, where a retry finds it as it was', async () => {
    const entry = { id: '1-0', data: '{' };
    expect(await undelivered(parkedFor('malformed', { entry }), byHand)).toEqual({
      message: 'malformed: not JSON (position 1)',
      final: true,
    });
  });
});

describe('a match without a route', () => {
  test('is tried again on its own while nobody registers', async () => {
    const expected = { message: 'unrouted: nobody is registered for subscription "s"', final: false };
    expect(await undelivered(parkedFor('unrouted'))).toEqual(expected);
    expect(await undelivered(parkedFor('unrouted'), { attemptsMade: 7 })).toEqual(expected);
  });

  test('is delivered to everybody once somebody has registered, first try or later', async () => {
    world.subscribe('s', 'ann', 'bob');
    expect(await deliver(parkedFor('unrouted'))).toEqual({ delivered: 1 });
    expect(await deliver(parkedFor('unrouted'), { attemptsMade: 3 })).toEqual({ duplicate: 1 });
    expect([world.itemsOf('ann'), world.itemsOf('bob')]).toEqual([1, 1]);
  });

  test('is dropped where everybody left in the meantime', async () => {
    world.subscribe('s');
    expect(await deliver(parkedFor('unrouted'))).toEqual({ dropped: 1 });
  });

  test('is parked anew for the one subscriber whose inbox refuses it', async () => {
    world.subscribe('s', 'ann', 'bob');
    world.refusing.add('bob');
    expect(await deliver(parkedFor('unrouted'))).toEqual({ parked: 1 });
    expect(world.itemsOf('ann')).toBe(1);
    expect(world.parked).toEqual([
      parkedFor('rejected', { detail: 'the inbox of bob takes nothing', subscriber: 'bob' }),
    ]);
  });

  test('becomes a job for each page of a big topic, other ones for each retry', async () => {
    world.subscribe('s', 'a', 'b', 'c', 'd');
    expect(await deliver(parkedFor('unrouted'))).toEqual({ fanned_out: 1 });
    expect(world.pages.map(({ page }) => page)).toEqual([
      { first: 'a', last: 'c' },
      { first: 'd', last: 'd' },
    ]);
    await deliver(parkedFor('unrouted'));
    await deliver(parkedFor('unrouted'), byHand);
    const runs = world.pages.map(({ run }) => run);
    expect(new Set(runs.slice(0, 4)).size).toBe(1);
    expect(new Set(runs.slice(3)).size).toBe(2);
  });
});

describe('a match that one subscriber did not get', () => {
  const forBob = parkedFor('rejected', { subscriber: 'bob' });

  test('is delivered to that one only, whoever else is subscribed', async () => {
    world.subscribe('s', 'ann', 'bob');
    expect(await deliver(forBob, byHand)).toEqual({ delivered: 1 });
    expect([world.itemsOf('ann'), world.itemsOf('bob')]).toEqual([0, 1]);
  });

  test('fails again while the inbox refuses it', async () => {
    world.refusing.add('bob');
    expect(await undelivered(forBob, byHand)).toEqual({
      message: 'rejected: the inbox of bob takes nothing',
      final: true,
    });
  });

  test('fails where its entry is no match', async () => {
    const entry = { id: '1-0', fields: ['payload', '{}'] };
    expect(await undelivered({ ...forBob, entry }, byHand)).toEqual({
      message: 'malformed: no field "data" in the stream entry (its fields: ["payload"])',
      final: true,
    });
  });
});

describe('a match that ends its worker', () => {
  test('fails as the suspect, so that a retry by hand does not go on for ever', async () => {
    world.subscribe('s', 'ann');
    expect(await undelivered(parkedFor('suspect'), { attemptsMade: 1, stalls: 2 })).toEqual({
      message: 'suspect: its worker crashed 2 times while handling this match',
      final: true,
    });
    expect(world.inboxes.size).toBe(0);
  });

  test('gets new chances with the next retry, though its stalls are never forgotten', async () => {
    world.subscribe('s', 'ann');
    const retried = { attemptsMade: 2, stalls: 1, stallsBefore: 10 };
    expect(await deliver(parkedFor('suspect'), retried)).toEqual({ delivered: 1 });
    expect(await undelivered(parkedFor('suspect'), { ...retried, stalls: 2 })).toEqual({
      message: 'suspect: its worker crashed 12 times while handling this match',
      final: true,
    });
  });

  test('parked for another reason, costs five workers the first time, and two at each retry after that', async () => {
    world.subscribe('s', 'ann');
    const first = { attemptsMade: 1, stalls: 4 };
    expect(await deliver(parkedFor('rejected'), first)).toEqual({ delivered: 1 });
    await undelivered(parkedFor('rejected'), { ...first, stalls: 5 });
    const again = { attemptsMade: 2, stalls: 1, stallsBefore: 5 };
    expect(await deliver(parkedFor('rejected'), again)).toEqual({ duplicate: 1 });
    await undelivered(parkedFor('rejected'), { ...again, stalls: 2 });
  });
});

test.each(['route', 'write'] as const)('an outage of %s is no verdict about the match', async (call) => {
  world.subscribe('s', 'ann');
  const outage = new Outage('connection is closed');
  world.broken.set(call, outage);
  await expect(deliver(parkedFor('unrouted'))).rejects.toBe(outage);
});

describe('by reference', () => {
  const whole = { id: '1-0', data: wire(makeMatch('s', 1)) };
  const referring = parkedFor('rejected', { v: 2, entry: { id: '1-0', bytes: 5_000_000 } });
  beforeEach(() => world.subscribe('s', 'ann'));

  test('a retry delivers the entry as it is in the stream', async () => {
    world.kept.set('1-0', whole);
    expect(await deliver(referring, byHand)).toEqual({ delivered: 1 });
    expect(world.itemsOf('ann')).toBe(1);
  });

  test('it fails again while Redis refuses it, and says so', async () => {
    world.kept.set('1-0', whole);
    world.isRefusing = true;
    expect(await undelivered(referring, byHand)).toEqual({
      message: expect.stringMatching(/^rejected: Redis refuses its 5000000 bytes \(proto-max-bulk-len/),
      final: true,
    });
  });

  test('it fails where the entry is gone from the stream', async () => {
    expect(await undelivered(referring, byHand)).toEqual({
      message: 'rejected: it is no longer in the stream',
      final: true,
    });
  });

  test('an outage uses up nothing', async () => {
    world.broken.set('fetch', new Outage('the stream is away'));
    await expect(deliver(referring, byHand)).rejects.toThrow(Outage);
  });
});
