/**
 * What the pump noted about losses, in a Redis stream beside the queues: for the audit, the overview and the gauges. An older build reads
 * only `stream` and `ids`, and passes over records without `ids`.
 */
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';
import { lossesKey } from '../redis/keys.ts';

/**
 * `pending`: trimmed after a pump had read them and before they were in a queue.
 * `cursor`: the queues' Redis had forgotten how far the stream was read; what came after the id `from` was read again.
 */
export type LossRecord = { stream: string } & (
  | { kind: 'pending'; ids: string[] }
  | { kind: 'cursor'; from: string }
);

/** `atMs`: when it was noted, by the clock of the queues' Redis. */
export type NotedLoss = LossRecord & { atMs: number };

const MOST_RECORDS = 2_000;

export async function noteLoss(home: RedisClient, loss: LossRecord): Promise<void> {
  const about = loss.kind === 'pending' ? ['ids', loss.ids.join(' ')] : ['cursor', loss.from];
  await home.xadd(lossesKey, 'MAXLEN', '~', MOST_RECORDS, '*', 'stream', loss.stream, ...about);
}

/** Newest first; at most `most` of those noted since then. */
export async function notedLosses(
  home: RedisClient,
  { sinceMs = 0, most = MOST_RECORDS * 2 } = {},
): Promise<NotedLoss[]> {
  const rows = await home.xrevrange(lossesKey, '+', sinceMs, 'COUNT', most);
  return rows.flatMap(([id, fields]) => {
    const loss = toLoss(fieldsOf(fields));
    return loss ? [{ ...loss, atMs: Number.parseInt(id, 10) }] : [];
  });
}

function toLoss({ stream, ids, cursor }: Record<string, string>): LossRecord | undefined {
  if (stream === undefined) return undefined;
  if (ids !== undefined) return { kind: 'pending', stream, ids: ids.split(' ') };
  return cursor === undefined ? undefined : { kind: 'cursor', stream, from: cursor };
}
