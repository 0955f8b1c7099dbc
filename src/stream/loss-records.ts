/**
 * The losses that the pump recorded, in a Redis stream beside the queues, for the audit, the overview and the gauges. An older build reads
 * only `stream` and `ids`, and skips records without `ids`.
 */
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';
import { lossesKey } from '../redis/keys.ts';

/**
 * `pending`: trimmed after a pump had read them and before they were in a queue.
 * `unread`: gone before the group was given them, after the id `after` up to `to`; `entries` undefined: unknown how many.
 * `cursor`: the queues' Redis had lost the cursor; everything after the id `from` was read again.
 */
export type LossRecord = { stream: string } & (
  | { kind: 'pending'; ids: string[] }
  | { kind: 'unread'; after: string; to: string; entries?: number | undefined }
  | { kind: 'cursor'; from: string }
);

/** `atMs`: when it was noted, by the clock of the queues' Redis. */
export type NotedLoss = LossRecord & { atMs: number };

const MOST_RECORDS = 2_000;

export async function noteLoss(home: RedisClient, loss: LossRecord): Promise<void> {
  await home.xadd(lossesKey, 'MAXLEN', '~', MOST_RECORDS, '*', 'stream', loss.stream, ...fieldsFor(loss));
}

function fieldsFor(loss: LossRecord): (string | number)[] {
  switch (loss.kind) {
    case 'pending':
      return ['ids', loss.ids.join(' ')];
    case 'unread':
      return ['after', loss.after, 'to', loss.to, 'entries', loss.entries ?? ''];
    case 'cursor':
      return ['cursor', loss.from];
  }
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

function toLoss({ stream, ids, cursor, after, to, entries }: Record<string, string>): LossRecord | undefined {
  if (stream === undefined) return undefined;
  if (ids !== undefined) return { kind: 'pending', stream, ids: ids.split(' ') };
  if (after !== undefined && to !== undefined)
    return { kind: 'unread', stream, after, to, ...(entries && { entries: Number(entries) }) };
  return cursor === undefined ? undefined : { kind: 'cursor', stream, from: cursor };
}
