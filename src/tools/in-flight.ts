/** All entries of a stream that are in flight: unread, pending in the group, or in an unfinished job. */
import { FIRST_ID, isBefore } from '../../queues/index.ts';

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

/** A snapshot; `takenAt`: when it was started, by performance.now(). */
export interface InFlight {
  has(id: string): boolean;
  takenAt: number;
}

/**
 * Reads in the order in which entries move (unread, pending, in a job), so that none is missed between two reads. An entry in none of
 * them is settled.
 */
export async function inFlight({ skywire, queues, stream, group }: InFlightOptions): Promise<InFlight> {
  const takenAt = performance.now();
  const ids = new Set<string>();
  const row = await groupOf(skywire, stream, group);
  for await (const page of row ? pendingIds(skywire, stream, group) : []) for (const id of page) ids.add(id);
  // Without a group everything is unread.
  const delivered = row?.['last-delivered-id'] ?? FIRST_ID;
  for (const queue of queues.holding(stream)) for (const id of await queue.held(stream)) ids.add(id);
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
