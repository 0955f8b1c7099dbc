import { describe, expect, test } from 'vitest';
import { batchSchema, encodeBatch, readableBatch } from '../../queues/batch-data.ts';
import { toEntry } from '../../queues/index.ts';

const raw = [
  { id: '1-0', data: Buffer.from('{"text":"žluťoučký 🐎"}') },
  { id: '2-0', fields: ['other', 'ž'] },
  { id: '3-0', data: Buffer.alloc(0) },
];
const data = encodeBatch({ stream: 's', entries: raw, run: 'r' });

test('bytes that the pump read come out as the text they are, fields as fields', () => {
  expect(batchSchema.parse(data)).toEqual({ stream: 's', entries: raw.map(toEntry), run: 'r' });
});

test('the payload is plain ASCII: nothing on the way has to escape or to measure it', () => {
  expect(data.payload).toMatch(/^[A-Za-z0-9+/]+=*$/);
});

test('bytes that are no UTF-8 keep the others in their places', () => {
  const entries = [{ id: '1-0', data: Buffer.from([0xff, 0xc3]) }, raw[0]!];
  const read = batchSchema.parse(encodeBatch({ stream: 's', entries }));
  expect(read.entries[1]).toEqual(toEntry(raw[0]!));
});

test('a batch of version 0.1 is still read', () => {
  const old = { v: 1, stream: 's', entries: [{ id: '1-0', data: 'x' }], run: 'r' };
  expect(batchSchema.parse(old)).toEqual({ stream: 's', entries: old.entries, run: 'r' });
});

describe('data that was changed by hand is refused, never delivered in part', () => {
  test.each([
    ['an id less', { ...data, ids: data.ids.slice(1) }],
    ['a size less', { ...data, sizes: data.sizes.slice(1) }],
    ['a longer size', { ...data, sizes: [999, ...data.sizes.slice(1)] }],
    ['a cut payload', { ...data, payload: data.payload.slice(8) }],
    ['no entries', { ...data, ids: [], sizes: [], payload: '' }],
  ])('%s', (_, changed) => {
    expect(batchSchema.safeParse(changed).success).toBe(false);
    expect(readableBatch(changed)).toBeUndefined();
  });
});
