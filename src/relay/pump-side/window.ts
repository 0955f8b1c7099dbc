/** Entries pushed ahead by the relay, and the credit it has left. Bounded in entries and in bytes. */
import { type RawEntry, sizeOf } from '../../../queues/index.ts';
import type { Delivery } from '../entry-frames.ts';

/** Exceeded by at most one read of the relay, if entries suddenly grow. */
const WINDOW_BYTES = 16_000_000;
/** After that, another consumer may have claimed them: they are dropped, and read again if still pending. */
const FRESH_MS = 10_000;

interface Pushed {
  at: number;
  entries: RawEntry[];
  bytes: number;
  /** Time per byte on the line. */
  msPerByte: number;
}

export function createWindow(now: () => number = () => performance.now()) {
  let pushed: Pushed[] = [];
  /** Granted and not used yet. */
  let owed = { entries: 0, bytes: 0 };
  let failure: Error | undefined;
  let wake: (() => void) | undefined;

  const held = () =>
    pushed.reduce(
      (sum, { entries, bytes }) => ({ entries: sum.entries + entries.length, bytes: sum.bytes + bytes }),
      { entries: 0, bytes: 0 },
    );
  const dropStale = () => {
    pushed = pushed.filter(({ at }) => now() - at < FRESH_MS);
  };

  return {
    put({ entries, ms }: Omit<Delivery, 'n'>) {
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      pushed.push({ at: now(), entries, bytes, msPerByte: ms / Math.max(1, bytes) });
      owed = { entries: owed.entries - entries.length, bytes: owed.bytes - bytes };
      wake?.();
    },
    /** After a disconnect or halt. */
    empty() {
      pushed = [];
      owed = { entries: 0, bytes: 0 };
    },
    /** Rejects a waiting `take`; otherwise does nothing. */
    fail(error: Error) {
      if (!wake) return;
      failure = error;
      wake();
    },
    isEmpty: (): boolean => pushed.length === 0,
    has(id: string): boolean {
      dropStale();
      return pushed.some(({ entries }) => entries.some((entry) => entry.id === id));
    },
    /** Credit to grant so that twice `count` entries are held or in transit; undefined: too little for a frame. */
    wish(count: number): { entries: number; bytes: number } | undefined {
      dropStale();
      const { entries, bytes } = held();
      const more = {
        entries: Math.max(0, 2 * count - entries - owed.entries),
        bytes: Math.max(0, WINDOW_BYTES - bytes - owed.bytes),
      };
      if (more.entries < count / 2 && more.bytes < WINDOW_BYTES / 2) return undefined;
      owed = { entries: owed.entries + more.entries, bytes: owed.bytes + more.bytes };
      return more;
    },
    /** Up to `count`, as soon as there is any; empty after `waitMs`. `ms`: how long they were on the line. */
    async take(count: number, waitMs: number): Promise<{ entries: RawEntry[]; ms: number }> {
      dropStale();
      if (!pushed.length) {
        failure = undefined;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
        if (failure) throw failure;
      }
      const taken: RawEntry[] = [];
      let ms = 0;
      for (let next = pushed[0]; next && taken.length < count; next = pushed[0]) {
        const part = next.entries.splice(0, count - taken.length);
        const bytes = part.reduce((sum, entry) => sum + sizeOf(entry), 0);
        next.bytes -= bytes;
        ms += bytes * next.msPerByte;
        taken.push(...part);
        if (!next.entries.length) pushed.shift();
      }
      return { entries: taken, ms };
    },
  };
}
