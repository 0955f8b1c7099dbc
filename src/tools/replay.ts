/** Sends a window of the stream through the pipeline again. Safe: an inbox takes each post once. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RawEntry } from '../../queues/index.ts';
import type { Queues } from '../lanes/queues.ts';
import { addAlone } from '../lanes/refused.ts';
import { toBatches } from '../pump/batches.ts';
import type { RedisClient } from '../redis/connections.ts';
import { orStopped, Stopped } from '../redis/deadline.ts';
import { readWindow } from '../stream/window.ts';

export interface ReplayOptions {
  client: RedisClient;
  queues: Queues;
  stream: string;
  from: string;
  /** Or how to find it out. */
  to: string | (() => Promise<string>);
  batchSize: number;
  /** Replay pauses above half of it, so that new matches always find room. */
  maxWaitingJobs: number;
  signal: AbortSignal;
  onProgress: (entries: number, lastId: string) => void;
}

/** `next`: where to resume if the signal stopped it early. */
export interface Replayed {
  entries: number;
  next: string | undefined;
}

/** Redis gets this long after the signal to confirm what was sent to it. */
const LAST_WORDS_MS = 500;

export async function replay(options: ReplayOptions): Promise<Replayed> {
  const { client, stream, from, to, signal, onProgress } = options;
  const run = `replay-${randomUUID()}`;
  let entries = 0;
  let next = from;
  const onAdded = (batch: readonly RawEntry[]) => {
    entries += batch.length;
    // Repeats the last one, since the next is not known yet.
    next = batch.at(-1)!.id;
    onProgress(entries, next);
  };
  const addAll = async () => {
    const last = typeof to === 'string' ? to : await to();
    for await (const page of readWindow(client, stream, { from, to: last }))
      await resubmit(options, run, page, { signal, onAdded });
  };
  try {
    await orStopped(signal, LAST_WORDS_MS, addAll());
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { entries, next };
  }
  return { entries, next: undefined };
}

/** `signal`: ends it after a batch, and while it waits for room. `onAdded`: after each batch. */
export interface Watching {
  signal?: AbortSignal;
  onAdded?: (batch: readonly RawEntry[]) => void;
}

/** Adds the entries as new batches, even if they were processed before, and waits for room. Throws Stopped. */
export async function resubmit(
  {
    queues,
    stream,
    batchSize,
    maxWaitingJobs,
  }: Pick<ReplayOptions, 'queues' | 'stream' | 'batchSize' | 'maxWaitingJobs'>,
  run: string,
  entries: readonly RawEntry[],
  { signal, onAdded }: Watching = {},
): Promise<void> {
  const lane = queues.laneOf(stream);
  for (const batch of toBatches(stream, entries, batchSize)) {
    for (;;) {
      if (signal?.aborted) throw new Stopped('stopped by a signal before it was done');
      if ((await lane.queue.getWaitingCount()) <= maxWaitingJobs / 2) break;
      await pause(20);
    }
    const again = { ...batch, run };
    const isThere =
      batch.entries.length === 1 ? (await addAlone(lane, again)).isAdded : (await lane.add([again]))[0];
    if (!isThere) throw new Error(`Redis rejected a batch that begins with ${batch.entries[0]!.id}`);
    onAdded?.(batch.entries as readonly RawEntry[]);
  }
}
