/** Sends a window of the stream through the pipeline again. Safe: an inbox takes each post once. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RawEntry } from '../../queues/index.ts';
import type { Queues } from '../lanes/queues.ts';
import { toBatches } from '../pump/batches.ts';
import type { RedisClient } from '../redis/connections.ts';
import { readWindow } from '../stream/window.ts';

export interface ReplayOptions {
  client: RedisClient;
  queues: Queues;
  stream: string;
  from: string;
  to: string;
  batchSize: number;
  /** Replay pauses above half of it, so that new matches always find room. */
  maxWaitingJobs: number;
  signal: AbortSignal;
  onProgress: (entries: number, lastId: string) => void;
}

/** `next`: where to resume if the signal stopped it early. */
export async function replay(options: ReplayOptions): Promise<{ entries: number; next: string | undefined }> {
  const { client, stream, from, to, signal, onProgress } = options;
  const run = `replay-${randomUUID()}`;
  let entries = 0;
  for await (const page of readWindow(client, stream, { from, to })) {
    if (signal.aborted) return { entries, next: page[0]!.id };
    await resubmit(options, run, page);
    entries += page.length;
    onProgress(entries, page.at(-1)!.id);
  }
  return { entries, next: undefined };
}

/** Adds the entries as new batches, even if they were processed before, and waits for room. */
export async function resubmit(
  {
    queues,
    stream,
    batchSize,
    maxWaitingJobs,
  }: Pick<ReplayOptions, 'queues' | 'stream' | 'batchSize' | 'maxWaitingJobs'>,
  run: string,
  entries: readonly RawEntry[],
): Promise<void> {
  const lane = queues.laneOf(stream);
  for (const batch of toBatches(stream, entries, batchSize)) {
    while ((await lane.queue.getWaitingCount()) > maxWaitingJobs / 2) await pause(20);
    const [isThere] = await lane.add([{ ...batch, run }]);
    if (!isThere) throw new Error(`Redis rejected a batch that begins with ${batch.entries[0]!.id}`);
  }
}
