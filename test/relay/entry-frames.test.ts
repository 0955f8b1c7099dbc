import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAssembler, FrameError, toFrames } from '../../src/relay/entry-frames.ts';
import { MAX_FRAME_BYTES } from '../../src/relay/protocol.ts';

const id = fc
  .tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n))
  .map(([ms, seq]) => `${ms}-${seq}`);
const entry = fc.oneof(
  fc.record({ id, data: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
  fc.record({ id, fields: fc.array(fc.string({ unit: 'grapheme' })) }),
);

test('whatever the entries, they come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (entries, n) => {
      const assembler = createAssembler();
      const found = toFrames(n, entries).map((frame) => assembler.take(frame));
      expect(found.slice(0, -1).every((one) => one === undefined)).toBe(true);
      expect(found.at(-1)).toMatchObject({ n, entries });
    }),
  );
});

test('no frame is larger than the bound, whatever the size of an entry', () => {
  const entries = [1, 3_000_000, 1_048_555, 0].map((size, at) => ({
    id: `${at}-1`,
    data: Buffer.alloc(size, at),
  }));
  const frames = toFrames(7, entries);
  for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES.toPump);
  const assembler = createAssembler();
  const found = frames.map((frame) => assembler.take(frame)).at(-1)?.entries;
  expect(found?.map((one) => one.id)).toEqual(entries.map((one) => one.id));
  // Compared as bytes: looking into millions of them one by one takes seconds.
  expect(found?.every((one, at) => one.data?.equals(entries[at]!.data))).toBe(true);
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['of another kind', Buffer.alloc(40, 9)],
  [
    'with an entry that is cut off',
    toFrames(0, [{ id: '1-1', data: Buffer.from('abc') }])[0]!.subarray(0, -1),
  ],
])('a frame %s is refused', (_, frame) => {
  expect(() => createAssembler().take(frame)).toThrow(FrameError);
});
