import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Encoded,
  type JobData,
  type QueueDefinition,
  type QueueName,
  queueNames,
  queues,
} from '../../queues/index.ts';
import { jobId } from '../../queues/job-id.ts';
import { parkingReasons } from '../../queues/parked.ts';

/** Any text that may come out of Redis or JSON: lone surrogates, NUL, names of BullMQ's own keys. */
const anyText = fc.oneof(
  fc.uint16Array({ minLength: 1, maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('meta', 'completed', '0', '12', '0:a:b', ':', '{}', '\n', '__proto__'),
);
const entry = fc.record(
  { id: anyText, data: anyText, fields: fc.array(anyText, { maxLength: 4 }) },
  { requiredKeys: ['id'] },
);
/** Either with `data` or without, and as Redis sends it: bytes that are read as UTF-8. */
const sentText = anyText.map((text) => text.toWellFormed());
const entryOfBatch = fc.oneof(
  fc.record({ id: anyText, data: sentText }),
  fc.record({ id: anyText, fields: fc.array(anyText, { maxLength: 4 }) }),
);
const page = fc.record({ first: anyText, last: anyText });
const from = { v: fc.constant(1 as const), stream: anyText };

const asked = { v: fc.constant(1 as const), askedMs: fc.nat() };
const someOf = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 25 });

const data: { [Name in QueueName]: fc.Arbitrary<JobData[Name]> } = {
  matches: fc.record(
    { stream: anyText, entries: fc.array(entryOfBatch, { minLength: 1, maxLength: 5 }), run: anyText },
    { requiredKeys: ['stream', 'entries'] },
  ),
  parked: fc.record(
    { ...from, entry, reason: fc.constantFrom(...parkingReasons), detail: anyText, subscriber: anyText },
    { requiredKeys: ['v', 'stream', 'entry', 'reason', 'detail'] },
  ),
  fanout: fc.record({ ...from, entry, page, run: anyText }),
  enrich: fc.oneof(
    fc.record({ ...asked, kind: fc.constant('authors' as const), dids: someOf(anyText) }),
    fc.record({ ...asked, kind: fc.constant('posts' as const), uris: someOf(anyText) }),
    fc.record({
      ...asked,
      kind: fc.constant('keys' as const),
      posts: someOf(fc.record({ identity: anyText, did: anyText, cid: anyText, createdMs: fc.nat() })),
    }),
    fc.record({
      ...asked,
      kind: fc.constant('checks' as const),
      posts: someOf(fc.record({ identity: anyText, did: anyText, rkey: anyText })),
    }),
  ),
};

const throughRedis = ({ data, payload }: Encoded): unknown => ({
  ...(JSON.parse(JSON.stringify(data)) as object),
  ...(payload && { payload }),
});

describe.each(queueNames)('queue %s', (name) => {
  const queue = queues[name] as unknown as QueueDefinition<QueueName>;

  test('bears its own name and says what it is for', () => {
    expect(queue.name).toBe(name);
    expect(queue.description).not.toBe('');
  });

  test('makes an id that BullMQ takes, and a name, of whatever stands in the data', () => {
    fc.assert(
      fc.property(data[name] as fc.Arbitrary<unknown>, (job) => {
        expect(queue.id(job)).toMatch(/^[a-z]+-[\w-]{43}$/);
        expect(queue.id(job)).toBe(queue.id(structuredClone(job)));
        expect(queue.jobName(job)).toMatch(/^[a-z-]+$/);
      }),
    );
  });

  test('takes its data back as it was after a trip through Redis', () => {
    fc.assert(
      fc.property(data[name] as fc.Arbitrary<unknown>, (job) => {
        expect(queue.schema.parse(throughRedis(queue.encode(job)))).toEqual(job);
      }),
    );
  });

  test.each([{}, null, [], { v: 3 }])('refuses data that is not its own: %j', (job) => {
    expect(queue.schema.safeParse(job).success).toBe(false);
  });

  test('refuses the data of a later version', () => {
    const [job] = fc.sample<object>(data[name], 1);
    const later = { ...queue.encode(job).data, v: queue.version + 1 };
    expect(queue.schema.safeParse(later).success).toBe(false);
  });
});

const entries = [
  { id: '1-0', data: 'a' },
  { id: '2-0', data: 'b' },
];
const batch = { stream: 's', entries };
const pageOf = (first: string, run: string) =>
  queues.fanout.id({ v: 1, stream: 's', entry: entries[0]!, page: { first, last: 'z' }, run });

describe('a job id', () => {
  test('is another one where the same text is divided otherwise', () => {
    const ids = [
      jobId('batch', 'a', 'bc'),
      jobId('batch', 'ab', 'c'),
      jobId('batch', 'abc'),
      jobId('batch', '', 'abc'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('of a batch is the same for the same entries, and another for a run, a stream, an entry less', () => {
    const again = { ...batch, entries: entries.map(({ id }) => ({ id, data: 'read again' })) };
    expect(queues.matches.id(again)).toBe(queues.matches.id(batch));
    const others = [
      { ...batch, run: 'replay' },
      { ...batch, stream: 't' },
      { ...batch, entries: entries.slice(1) },
    ];
    const ids = [batch, ...others].map(queues.matches.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('of a parked match is the same whatever the reason, and another for each subscriber', () => {
    const parked = { v: 1, stream: 's', entry: entries[0]!, reason: 'unrouted', detail: '' } as const;
    expect(queues.parked.id({ ...parked, reason: 'suspect', detail: 'x' })).toBe(queues.parked.id(parked));
    const ids = [undefined, 'a', 'b'].map((subscriber) =>
      queues.parked.id({ ...parked, ...(subscriber && { subscriber }) }),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('of a page is another for each page and each run', () => {
    expect(new Set([pageOf('a', '1'), pageOf('b', '1'), pageOf('a', '2')]).size).toBe(3);
    expect(pageOf('a', '1')).toBe(pageOf('a', '1'));
  });
});

test('a parked match is named after its reason, a batch after whether it runs again', () => {
  const [parked] = fc.sample(data.parked, 1);
  for (const reason of parkingReasons) expect(queues.parked.jobName({ ...parked!, reason })).toBe(reason);
  expect(queues.matches.jobName(batch)).toBe('batch');
  expect(queues.matches.jobName({ ...batch, run: 'r' })).toBe('replayed-batch');
});
