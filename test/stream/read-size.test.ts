import { beforeEach, expect, test } from 'vitest';
import { createReadSize, type ReadSize } from '../../src/stream/read-size.ts';

const MOST = 500;
let size: ReadSize;
beforeEach(() => {
  size = createReadSize();
});

/** A full read of entries of that size. */
function read(entryBytes: number, ms = 1): number {
  const asked = size.next(MOST);
  size.took({ asked, got: asked, bytes: asked * entryBytes, ms });
  return asked;
}

test('few at first, twice as many after each full read, up to the most', () => {
  expect(Array.from({ length: 7 }, () => read(1_000))).toEqual([16, 32, 64, 128, 256, 500, 500]);
});

test('a read that is not full lets it as it is', () => {
  size.took({ asked: 16, got: 3, bytes: 3_000, ms: 1 });
  expect(size.next(MOST)).toBe(16);
});

test('large entries: as many as 8 MB hold, at least one, and few again afterwards', () => {
  while (read(1_000) < MOST);
  read(80_000);
  expect(size.next(MOST)).toBe(100);
  read(3_900_000);
  expect(size.next(MOST)).toBe(2);
  read(50_000_000);
  expect(size.next(MOST)).toBe(1);
  expect(Array.from({ length: 4 }, () => read(1_000))).toEqual([1, 2, 4, 8]);
});

test('a slow line: half after a slow read, no more after one that was not quick', () => {
  read(8_000, 900);
  expect(size.next(MOST)).toBe(32);
  read(8_000, 1_500);
  expect(size.next(MOST)).toBe(32);
  read(8_000, 2_500);
  expect(size.next(MOST)).toBe(16);
});

test('after a failure half as many, and no more than at first', () => {
  while (read(1_000) < MOST);
  size.failed();
  expect(size.next(MOST)).toBe(16);
  for (const left of [8, 4, 2, 1, 1]) {
    size.failed();
    expect(size.next(MOST)).toBe(left);
  }
});
