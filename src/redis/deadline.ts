export class DeadlinePassed extends Error {
  override name = 'DeadlinePassed';
}

/** Rejects with DeadlinePassed after `ms`; the work itself continues. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for `work`, but no longer than `ms`. Rejects if the work does before that. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  await within(ms, work).catch((error: unknown) => {
    if (!(error instanceof DeadlinePassed)) throw error;
  });
}

/** A signal ended the process's work early. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/** Rejects with Stopped if the work has not ended `graceMs` after the signal; the work itself continues. */
export async function orStopped<T>(signal: AbortSignal, graceMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(new Stopped('stopped by a signal before it was done')), graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
