/**
 * How many entries to request: Redis takes a count, but no limit in bytes or seconds. Few at first, twice as many after each full read
 * that was small and quick, fewer after one that was large or slow, or failed.
 */
const FIRST = 16;
/** Target size of a read. */
const MAX_BYTES = 8_000_000;
/** A slower read holds up everything else on its connection. */
const MAX_MS = 2_000;

export interface Read {
  asked: number;
  /** At least one. */
  got: number;
  bytes: number;
  /** From its first byte to its last, without the wait for entries. */
  ms: number;
}

export interface ReadSize {
  /** From 1 to `most`. */
  next(most: number): number;
  took(read: Read): void;
  /** It returned too much, or nothing in time. */
  failed(): void;
}

export function createReadSize(): ReadSize {
  let size = FIRST;
  return {
    next: (most) => Math.max(1, Math.min(most, size)),
    took({ asked, got, bytes, ms }) {
      if (ms > MAX_MS) size = Math.floor(Math.min(asked, size) / 2);
      else if (got >= asked && ms <= MAX_MS / 2) size = Math.max(size, 2 * asked);
      size = Math.max(1, Math.min(size, Math.floor((MAX_BYTES * got) / bytes)));
    },
    failed() {
      size = Math.max(1, Math.min(FIRST, Math.floor(size / 2)));
    },
  };
}
