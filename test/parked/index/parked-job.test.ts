import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, toParkedJob } from '../../../src/parked/index/parked-job.ts';
import { matcherOf } from '../../../src/parked/index/search.ts';

const place: Place = { queue: 'parked', id: 'parked-1', state: 'failed', score: 2_000 };
const read = (data: string, failedReason = 'unrouted: x') =>
  toParkedJob(place, ['unrouted', '1000', failedReason, '3', data, data.length]);

const match = JSON.stringify({ subscription_id: 'cats', post: { uri: 'at://a/b/c', text: 'Ünïcode POST' } });
const parked = (entry: object, more: object = {}) => JSON.stringify({ v: 1, stream: 's', entry, ...more });

test('a parked match says what it is about', () => {
  expect(read(parked({ id: '7-1', data: match }, { subscriber: 'ann' }))).toMatchObject({
    ...place,
    parkedAt: 1_000,
    failedAt: 2_000,
    attempts: 3,
    reason: 'unrouted',
    streamId: '7-1',
    subscription: 'cats',
    subscriber: 'ann',
    uri: 'at://a/b/c',
    text: 'Ünïcode POST',
  });
});

test.each<[string, string, object]>([
  [
    'no JSON in it',
    parked({ id: '7-1', data: 'no JSON' }),
    { streamId: '7-1', text: 'no JSON', subscription: '' },
  ],
  ['no field data', parked({ id: '7-1', fields: ['a', 'b'] }), { streamId: '7-1', text: '["a","b"]' }],
  ['a batch', '{"v":1,"stream":"s","entries":[{"id":"8-2","data":"x"}]}', { streamId: '8-2' }],
  ['a batch of bytes', '{"v":2,"stream":"s","ids":["9-3"],"payload":"eA=="}', { streamId: '9-3' }],
  [
    'cut in the middle',
    parked({ id: '7-1', data: match }).slice(0, 90),
    { streamId: '7-1', subscription: 'cats' },
  ],
  ['nothing', '', { streamId: '', text: '' }],
  ['null', 'null', { streamId: '' }],
])('of a job with %s what can be told is told', (_, data, expected) => {
  expect(read(data)).toMatchObject(expected);
});

test('whatever the data is, nothing is thrown and nothing is large', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ maxLength: 5_000 })), (data) => {
      const { text, subscription, uri, streamId } = read(parked({ id: data, data }));
      expect([text, subscription, uri, streamId].every((part) => part.length <= 600)).toBe(true);
      read(data);
    }),
    { numRuns: 200 },
  );
});

test.each<[object, boolean]>([
  [{}, true],
  [{ subscription: 'cats' }, true],
  [{ subscription: 'cat' }, false],
  [{ not_subscription: 'cats' }, false],
  [{ not_subscription: 'dogs', text: 'ünïCODE post' }, true],
  [{ text: 'p.st' }, false],
  [{ uri: 'B/C' }, true],
  [{ stream_id: '7-1', subscriber: '' }, true],
  [{ stream_id: '7' }, false],
  [{ text: '[' }, false],
])('%j fits: %s', (filter, fits) => {
  expect(matcherOf(filter)(read(parked({ id: '7-1', data: match })))).toBe(fits);
});
