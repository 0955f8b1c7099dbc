/** Ids of all entries of a stream that are under way: not read yet, pending in the group, or held by a job that has not ended. */
import { type Batch, type BatchData, type FanoutPage, FIRST_ID, isBefore } from '../../queues/index.ts';
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { groupOf } from '../stream/xinfo.ts';

const PAGE = 1_000;

export interface InFlightOptions {
  skywire: RedisClient;
  queues: Queues;
  stream: string;
  group: string;
}

/** Whether an entry is under way, as of one moment; `takenAt`: when that was (ms). */
export interface InFlight {
  has(id: string): boolean;
  takenAt: number;
}

/**
 * In the order in which an entry moves, so that none slips through between two looks: not handed out yet, pending, in a job. What is
 * in none of them has its verdict.
 */
export async function inFlight({ skywire, queues, stream, group }: InFlightOptions): Promise<InFlight> {
  const takenAt = Date.now();
  const ids = new Set<string>();
  const row = await groupOf(skywire, stream, group);
  for await (const page of row ? pendingIds(skywire, stream, group) : []) for (const id of page) ids.add(id);
  // Without a group nothing was read.
  const delivered = row?.['last-delivered-id'] ?? FIRST_ID;
  const states = ['waiting', 'active', 'delayed', 'prioritized'] as const;
  for (const job of await queues.laneOf(stream).queue.getJobs([...states])) {
    for (const id of idsOf(job?.data as Partial<BatchData & Batch> | undefined)) ids.add(id);
  }
  for (const job of await queues.byName.fanout.getJobs([...states])) {
    const id = (job?.data as FanoutPage | undefined)?.entry?.id;
    if (id) ids.add(id);
  }
  return { takenAt, has: (id) => isBefore(delivered, id) || ids.has(id) };
}

/** Of either version of the data; a job whose data is gone holds nothing. */
const idsOf = (data: Partial<BatchData & Batch> | undefined): string[] =>
  data?.ids ?? data?.entries?.map((entry) => entry.id) ?? [];

async function* pendingIds(client: RedisClient, stream: string, group: string): AsyncGenerator<string[]> {
  for (let start = '-'; ; ) {
    const rows = (await client.xpending(stream, group, start, '+', PAGE)) as [string][];
    yield rows.map(([id]) => id);
    if (rows.length < PAGE) return;
    start = `(${rows.at(-1)![0]}`;
  }
}
