import { beforeEach, describe, expect, test } from 'vitest';
import { deliverBatch } from '../../processors/deliver-batch.ts';
import { type Batch, type Entry, MAX_MATCH_BYTES } from '../../queues/index.ts';
import { Outage, type PortCall, runOf, World } from '../fixtures/in-memory-ports.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';

let world: World;
beforeEach(() => {
  world = new World();
  world.subscribe('s', 'ann');
});

const entryOf = (data: string, at: number): Entry => ({ id: `${at + 1}-0`, data });
const batchOf = (...data: string[]): Batch => ({
  stream: 'skywire:matches',
  entries: data.map(entryOf),
});
const post = (n: number, subscription = 's') => wire(makeMatch(subscription, n));
const deliver = (batch: Batch, about: Parameters<typeof runOf>[0] = {}) =>
  deliverBatch(batch, runOf(about), world.ports);

describe('every entry gets a verdict of its own', () => {
  test('all kinds of them in one batch', async () => {
    world.subscribe('other', 'ann');
    world.subscribe('empty');
    world.subscribe('big', 'a', 'b', 'c', 'd', 'e', 'f', 'g');
    const batch = batchOf(
      post(1),
      post(1),
      post(1, 'other'),
      post(2, 'empty'),
      post(3, 'big'),
      post(4, 'nobody'),
      'not JSON',
      post(5),
    );
    expect(await deliver(batch)).toEqual({
      delivered: 2,
      duplicate: 1,
      merged: 1,
      dropped: 1,
      fanned_out: 1,
      parked: 2,
    });
    expect(world.itemsOf('ann')).toBe(2);
  });

  test('the same entry a thousand times is delivered once', async () => {
    const batch = batchOf(...Array.from({ length: 1_000 }, () => post(1)));
    expect(await deliver(batch)).toEqual({ delivered: 1, duplicate: 999 });
  });

  test('a match with several subscribers counts as delivered where one of them gets it anew', async () => {
    await deliver(batchOf(post(1)));
    world.subscribe('s', 'ann', 'bob');
    expect(await deliver(batchOf(post(1)))).toEqual({ delivered: 1 });
    expect([world.itemsOf('ann'), world.itemsOf('bob')]).toEqual([1, 1]);
  });

  test('a batch of nothing but bad entries writes to no inbox', async () => {
    world.broken.set('write', new Error('nothing to write'));
    expect(await deliver(batchOf('', '[]'))).toEqual({ parked: 2 });
  });
});

/** The one parked match, while the good entry behind it arrives. */
async function parkedOf(bad: Entry) {
  const batch = { ...batchOf(), entries: [bad, entryOf(post(1), 1)] };
  expect(await deliver(batch)).toEqual({ parked: 1, delivered: 1 });
  expect(world.itemsOf('ann')).toBe(1);
  expect(world.parked).toHaveLength(1);
  const [parked] = world.parked;
  expect(parked).toMatchObject({ v: 1, stream: 'skywire:matches', entry: bad });
  return parked!;
}

describe('what cannot be delivered is parked with its payload, its stream id and the reason', () => {
  test('an entry with bad JSON', async () => {
    const { reason, detail } = await parkedOf(entryOf('{"subscription_id"', 0));
    expect([reason, detail]).toEqual(['malformed', 'not JSON (position 18)']);
  });

  test('an entry that is no match', async () => {
    const { reason, detail } = await parkedOf(entryOf('{"subscription_id":"s"}', 0));
    expect(reason).toBe('malformed');
    expect(detail).toContain('post: ');
  });

  test('an entry without data: the names of its fields are told, shortened and escaped', async () => {
    const names = ['payload', '\u001b[31m\u009b\u202e', 'x'.repeat(1_000), ...Array.from('abcdefghij')];
    const { reason, detail } = await parkedOf({
      id: '1-0',
      fields: names.flatMap((name) => [name, 'value']),
    });
    expect(reason).toBe('malformed');
    expect(detail).toContain(`(its fields: ["payload","\\u001b[31m\\u009b\\u202e","${'x'.repeat(40)}","a",`);
    expect(detail).not.toContain('"h"');
    expect(detail).not.toContain('value');
  });

  test('an entry without any field', async () => {
    expect((await parkedOf({ id: '1-0' })).detail).toContain('(its fields: [])');
  });

  test('a match of more bytes than an inbox takes', async () => {
    const text = 'ä'.repeat(MAX_MATCH_BYTES / 2);
    const { reason, detail } = await parkedOf(entryOf(wire(makeMatch('s', 0, { post: { text } })), 0));
    expect(reason).toBe('rejected');
    expect(detail).toMatch(/^\d+ bytes; a match has at most 4194304$/);
  });

  test('a match of a subscription that nobody registered', async () => {
    const { reason, detail } = await parkedOf(entryOf(post(0, 'nobody'), 0));
    expect([reason, detail]).toEqual(['unrouted', 'nobody is registered for subscription "nobody"']);
  });

  test('a subscription with a hostile name, which is told shortened and escaped', async () => {
    const name = `"\n\u001b[2J\u0085\u061c\u200e\u2028\u202e\u2066\ufeff\ud800${'x'.repeat(400)}`;
    const { detail } = await parkedOf(entryOf(post(0, name), 0));
    expect(detail).toContain('\\"\\n\\u001b[2J\\u0085\\u061c\\u200e\\u2028\\u202e\\u2066\\ufeff\\ud800x');
    expect(detail).toMatch(/^[\x20-\x7e…]{100,250}$/);
  });

  test('a match whose subscription can have no inbox', async () => {
    const { reason, detail } = await parkedOf(entryOf(post(0, 'x'.repeat(1 << 20)), 0));
    expect([reason, detail]).toEqual(['rejected', 'its name is longer than 512 bytes']);
  });

  test('a match that one subscriber of three refuses: for that one only', async () => {
    world.subscribe('three', 'ann', 'bob', 'cyd');
    world.refusing.add('bob');
    expect(await deliver(batchOf(post(1, 'three'), post(2, 'three')))).toEqual({ parked: 2 });
    expect(['ann', 'bob', 'cyd'].map((name) => world.itemsOf(name))).toEqual([2, 0, 2]);
    expect(world.parked).toEqual(
      [1, 2].map((n) => ({
        v: 1,
        stream: 'skywire:matches',
        entry: entryOf(post(n, 'three'), n - 1),
        reason: 'rejected',
        detail: 'the inbox of bob takes nothing',
        subscriber: 'bob',
      })),
    );
  });

  test('but not the late match of a subscription that everybody left: it is dropped', async () => {
    world.subscribe('s');
    expect(await deliver(batchOf(post(1)))).toEqual({ dropped: 1 });
    expect(world.parked).toEqual([]);
  });
});

test('a big topic becomes a job for each page of its subscribers, under the name of the batch', async () => {
  world.subscribe('big', 'a', 'b', 'c', 'd', 'e', 'f', 'g');
  await deliver(batchOf(post(1, 'big')), { jobId: 'batch-7' });
  const job = { v: 1, stream: 'skywire:matches', entry: entryOf(post(1, 'big'), 0), run: 'batch-7' };
  expect(world.pages).toEqual([
    { ...job, page: { first: 'a', last: 'c' } },
    { ...job, page: { first: 'd', last: 'f' } },
    { ...job, page: { first: 'g', last: 'g' } },
  ]);
  expect(world.inboxes.size).toBe(0);
});

const mixed = () => {
  world.subscribe('big', 'a', 'b', 'c', 'd');
  return batchOf(post(1), 'not JSON', post(2, 'big'));
};

describe('an outage fails the batch as a whole', () => {
  test.each<PortCall>(['route', 'write', 'park', 'fanOut'])('of %s', async (call) => {
    const outage = new Outage('connection is closed');
    world.broken.set(call, outage);
    await expect(deliver(mixed())).rejects.toBe(outage);
    expect(world.batches).toEqual([]);
  });

  test('and nothing is parked because of it', async () => {
    world.broken.set('write', new Outage('OOM'));
    await expect(deliver(batchOf(post(1), post(2)))).rejects.toThrow('OOM');
    expect(world.parked).toEqual([]);
  });

  test('and the same batch once more, when it has passed, shows nothing twice', async () => {
    world.broken.set('fanOut', new Outage('READONLY'));
    const batch = mixed();
    await expect(deliver(batch)).rejects.toThrow('READONLY');
    world.broken.clear();
    expect(await deliver(batch)).toEqual({ duplicate: 1, parked: 1, fanned_out: 1 });
    expect(world.itemsOf('ann')).toBe(1);
  });
});

describe('a batch that ends its workers', () => {
  const five = batchOf(post(1), post(2), post(3), post(4), post(5));
  const one = batchOf(post(1));

  test('runs as it is while that may be chance', async () => {
    expect(await deliver(five, { stalls: 1 })).toEqual({ delivered: 5 });
    expect(await deliver(batchOf(post(6)), { stalls: 4 })).toEqual({ delivered: 1 });
  });

  test('is split into its entries, which run again one by one under its name', async () => {
    expect(await deliver(five, { stalls: 2, jobId: 'batch-5' })).toEqual({ resubmitted: 5 });
    expect(world.batches).toEqual(
      five.entries.map((entry) => ({ ...five, entries: [entry], run: 'batch-5' })),
    );
    expect(world.inboxes.size).toBe(0);
  });

  test('with a single entry parks it as the suspect', async () => {
    expect(await deliver(one, { stalls: 5 })).toEqual({ parked: 1 });
    expect(world.parked).toEqual([
      {
        v: 1,
        stream: 'skywire:matches',
        entry: one.entries[0],
        reason: 'suspect',
        detail: 'its worker crashed 5 times while handling this match',
      },
    ]);
    expect(world.inboxes.size).toBe(0);
  });

  test('because of some poison among two hundred: the poison alone is parked, the rest arrives', async () => {
    const poison = new Set(['1-0', '77-0', '78-0', '200-0']);
    const waiting = [batchOf(...Array.from({ length: 200 }, (_, n) => post(n)))];
    for (let batch = waiting.pop(); batch; batch = waiting.pop()) {
      const stalls = batch.entries.some(({ id }) => poison.has(id)) ? 9 : 0;
      await deliver(batch, { stalls });
      waiting.push(...world.batches.splice(0));
    }
    expect(world.parked.map(({ reason }) => reason)).toEqual(Array(4).fill('suspect'));
    expect(new Set(world.parked.map(({ entry }) => entry.id))).toEqual(poison);
    expect(world.itemsOf('ann')).toBe(196);
  });
});

describe('an error that nobody expected', () => {
  const bug = new TypeError('x is not a function');

  test('takes the batch apart', async () => {
    world.broken.set('write', bug);
    expect(await deliver(batchOf(post(1), post(2)))).toEqual({ resubmitted: 2 });
    expect(world.batches.map(({ entries }) => entries.length)).toEqual([1, 1]);
  });

  test('parks a single entry as the suspect, and says what it was', async () => {
    world.broken.set('write', bug);
    expect(await deliver(batchOf(post(1)))).toEqual({ parked: 1 });
    expect(world.parked[0]).toMatchObject({ reason: 'suspect', detail: `unexpected error: ${String(bug)}` });
  });

  test('changes nothing where the job has been given to another worker', async () => {
    world.broken.set('write', bug);
    await expect(deliver(batchOf(post(1)), { signal: AbortSignal.abort() })).rejects.toBe(bug);
    expect(world.parked).toEqual([]);
  });
});
