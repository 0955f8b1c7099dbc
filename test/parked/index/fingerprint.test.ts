import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parkingReasons } from '../../../queues/index.ts';
import { causeOf, groupIdOf } from '../../../src/parked/index/fingerprint.ts';

const same: [string, string, string][] = [
  [
    'unrouted: nobody is registered for subscription "cats"',
    'unrouted: nobody is registered for subscription "a \\"quoted\\" 17"',
    'nobody is registered for subscription "…"',
  ],
  ['malformed: not JSON (position 20)', 'malformed: not JSON (position 3)', 'not JSON (position #)'],
  [
    'malformed: no field "data" in the stream entry (its fields: "a", "b")',
    'malformed: no field "data" in the stream entry (its fields: "c")',
    'no field "…" in the stream entry (its fields: "…")',
  ],
  [
    'rejected: 5000000 bytes; a match has at most 4194304',
    'rejected: 4194305 bytes; a match has at most 4194304',
    '# bytes; a match has at most #',
  ],
  [
    'suspect: unexpected error: at://did:plc:abc/app.bsky.feed.post/3k is odd',
    'suspect: unexpected error: at://did:plc:xyz/app.bsky.feed.post/3z is odd',
    'unexpected error: at://… is odd',
  ],
  ['rejected: did:plc:abc123', 'rejected: did:web:example.org', 'did:…'],
];

test.each(same)('%j and %j have the same cause', (one, other, fingerprint) => {
  expect(causeOf(one, '')).toEqual(causeOf(other, ''));
  expect(causeOf(one, '').fingerprint).toBe(fingerprint);
});

test('the reason is that of the last failure, not the one that parked it', () => {
  expect(causeOf('rejected: too long', 'unrouted').reason).toBe('rejected');
  expect(causeOf('', 'unrouted')).toEqual({ reason: 'unrouted', fingerprint: '' });
  expect(causeOf('TypeError: x is not a function', 'batch').reason).toBe('error');
  expect(causeOf('toString: x', 'constructor').reason).toBe('error');
});

test.each([...parkingReasons, 'not_utf8', 'gone-2', 'Too late'])(
  'a failure that names the reason %s is grouped under it, whatever characters the name has',
  (reason) => {
    const known = new Set<string>([reason]);
    expect(causeOf(`${reason}: at 7: odd`, 'batch', known)).toEqual({ reason, fingerprint: 'at #: odd' });
    expect(causeOf(`${reason} at 7: odd`, 'batch', known).reason).toBe('error');
  },
);

test('a group has the same id everywhere, another cause another one', () => {
  const cause = { reason: 'unrouted', fingerprint: 'x' };
  expect(groupIdOf('parked', cause)).toBe(groupIdOf('parked', { ...cause }));
  const others = [
    groupIdOf('fanout', cause),
    groupIdOf('parked', { ...cause, reason: 'rejected' }),
    groupIdOf('parked', { ...cause, fingerprint: 'y' }),
  ];
  expect(new Set([groupIdOf('parked', cause), ...others]).size).toBe(4);
});

test('whatever an error says, its fingerprint is short and on one line, and found soon', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
      const { fingerprint } = causeOf(text, 'unrouted');
      expect(fingerprint.length).toBeLessThanOrEqual(161);
      expect(fingerprint).not.toContain('\n');
    }),
    { numRuns: 200 },
  );
  const startedAt = performance.now();
  for (const hostile of [
    '"'.repeat(100_000),
    '"\\'.repeat(50_000),
    'at://'.repeat(20_000),
    '1.'.repeat(50_000),
  ]) {
    causeOf(`rejected: ${hostile}`, '');
  }
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
