import { describe, expect, test } from 'vitest';
import { batchSchema, encodeBatch, liesBeside, readableBatch } from '../../queues/batch-data.ts';
import { toEntry } from '../../queues/index.ts';

const raw = [
  { id: '1-0', data: Buffer.from('{"text":"žluťoučký 🐎"}') },
  { id: '2-0', fields: ['other', 'ž'] },
  { id: '3-0', data: Buffer.alloc(0) },
];
const { data } = encodeBatch({ stream: 's', entries: raw, run: 'r' });
const carried = data as Extract<typeof data, { v: 2 }>;

test('bytes that the pump read come out as the text they are, fields as fields', () => {
  expect(batchSchema.parse(data)).toEqual({ stream: 's', entries: raw.map(toEntry), run: 'r' });
});

test('a small batch is carried by its job in plain ASCII: nothing on the way has to escape or to measure it', () => {
  expect(carried.payload).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(liesBeside(data)).toBe(false);
});

describe('a large batch', () => {
  const entries = [...raw, { id: '4-0', data: Buffer.from(`"${'ž'.repeat(10_000)}"`) }];
  const large = encodeBatch({ stream: 's', entries, run: 'r' });

  test('has a separate payload, byte for byte', () => {
    expect(liesBeside(large.data)).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(large.data))).toBeLessThan(200);
    const read = batchSchema.parse({ ...large.data, payload: large.payload });
    expect(read).toEqual({ stream: 's', entries: entries.map(toEntry), run: 'r' });
  });

  test.each([
    ['gone', undefined],
    ['cut', large.payload!.subarray(1)],
    ['no bytes', 'text'],
  ])('whose payload is %s is refused', (_, payload) => {
    expect(batchSchema.safeParse({ ...large.data, payload }).success).toBe(false);
  });

  test('is shown as what it is: how many entries, and where they lie', () => {
    expect(readableBatch(large.data)).toEqual({
      stream: 's',
      entries: '4, in a separate payload until the job completes',
      first: '1-0',
      last: '4-0',
      run: 'r',
    });
  });
});

test('bytes that are no UTF-8 keep the others in their places', () => {
  const entries = [{ id: '1-0', data: Buffer.from([0xff, 0xc3]) }, raw[0]!];
  const read = batchSchema.parse(encodeBatch({ stream: 's', entries }).data);
  expect(read.entries[1]).toEqual(toEntry(raw[0]!));
});

test('a batch of version 0.1 is still read', () => {
  const old = { v: 1, stream: 's', entries: [{ id: '1-0', data: 'x' }], run: 'r' };
  expect(batchSchema.parse(old)).toEqual({ stream: 's', entries: old.entries, run: 'r' });
});

describe('data that was changed by hand is refused, never delivered in part', () => {
  test.each([
    ['an id less', { ...carried, ids: carried.ids.slice(1) }],
    ['a size less', { ...carried, sizes: carried.sizes.slice(1) }],
    ['a longer size', { ...carried, sizes: [999, ...carried.sizes.slice(1)] }],
    ['a cut payload', { ...carried, payload: carried.payload.slice(8) }],
    ['no entries', { ...carried, ids: [], sizes: [], payload: '' }],
  ])('%s', (_, changed) => {
    expect(batchSchema.safeParse(changed).success).toBe(false);
    expect(readableBatch(changed)).toBeUndefined();
  });
});
