/** Ids of all entries of a stream that are under way: not read yet, pending in the group, or held by a job that has not ended. */
import type { Queues } from '../lanes/queues.ts';
import type { RedisClient } from '../redis/connections.ts';
import { isBefore } from '../stream/stream-id.ts';

const PAGE = 1_000;

export interface InFlightOptions {
  skywire: RedisClient;
  queues: Queues;
  stream: string;
  group: string;
}

/** Whether an entry is under way, as of one moment; `takenAt`: when that was, by performance.now(). */
export interface InFlight {
  has(id: string): boolean;
  takenAt: number;
}

/**
 * In the order in which an entry moves, so that none slips through between two looks: not handed out yet, pending, in a job. What is
 * in none of them has its verdict.
 */
export async function inFlight({ skywire, queues, stream, group }: InFlightOptions): Promise<InFlight> {
  const takenAt = performance.now();
  const ids = new Set<string>();
  const groups = (await skywire.xinfo('GROUPS', stream)) as (string | number)[][];
  const row = groups.find((flat) => flat[flat.indexOf('name') + 1] === group);
  for await (const page of row ? pendingIds(skywire, stream, group) : []) for (const id of page) ids.add(id);
  // Without a group nothing was read.
  const delivered = row ? String(row[row.indexOf('last-delivered-id') + 1]) : '0-0';
  for (const queue of queues.holding(stream)) for (const id of await queue.held()) ids.add(id);
  return { takenAt, has: (id) => isBefore(delivered, id) || ids.has(id) };
}

async function* pendingIds(client: RedisClient, stream: string, group: string): AsyncGenerator<string[]> {
  for (let start = '-'; ; ) {
    const rows = (await client.xpending(stream, group, start, '+', PAGE)) as [string][];
    yield rows.map(([id]) => id);
    if (rows.length < PAGE) return;
    start = `(${rows.at(-1)![0]}`;
  }
}
