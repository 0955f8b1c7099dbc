/** Flow control: a pump's credit and its token's rate bound what the relay reads from Redis. */

/** The count that a credit in bytes allows follows from the average size of the last entries. */
const FIRST_AVERAGE_BYTES = 1_000;

export function createCredit(maxEntries: number) {
  let entries = 0;
  let bytes = 0;
  let average = FIRST_AVERAGE_BYTES;
  let wake: (() => void) | undefined;
  return {
    add(moreEntries: number, moreBytes: number) {
      entries = Math.min(entries + moreEntries, Number.MAX_SAFE_INTEGER);
      bytes = Math.min(bytes + moreBytes, Number.MAX_SAFE_INTEGER);
      wake?.();
    },
    clear() {
      entries = 0;
      bytes = 0;
    },
    /** Both may go negative, if entries grow or after a resume. */
    spend(spentEntries: number, spentBytes: number) {
      entries -= spentEntries;
      bytes -= spentBytes;
      if (spentEntries) average = Math.max(1, spentBytes / spentEntries);
    },
    /** How many entries to read now; 0: no credit. */
    count(): number {
      if (entries < 1 || bytes < 1) return 0;
      const fit = Math.max(1, Math.floor(bytes / average));
      return Math.min(entries, fit, maxEntries);
    },
    /** Resolves when credit was added or `signal` aborts. */
    async more(signal: AbortSignal): Promise<void> {
      await orAborted(signal, (resolve) => {
        wake = resolve;
      });
      wake = undefined;
    },
  };
}

/** Resolves when `begin` calls back or `signal` aborts; leaves no listener behind. */
export async function orAborted(signal: AbortSignal, begin: (resolve: () => void) => void): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    begin(done);
  });
}
