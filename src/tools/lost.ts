/** Entries that the pump recorded as trimmed before they were in a queue. */
import { canonicalId, compareIds, FIRST_ID, isBefore, LAST_ID } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { notedLosses } from '../stream/loss-records.ts';

/** Ids within a window of a stream, oldest first. `from` and `to` as for XRANGE. */
export async function lostIn({
  home,
  stream,
  from,
  to,
}: {
  home: RedisClient;
  stream: string;
  from: string;
  to: string;
}): Promise<string[]> {
  const ids = new Set<string>();
  for (const loss of await notedLosses(home))
    if (loss.stream === stream && loss.kind === 'pending') for (const id of loss.ids) ids.add(id);
  const first = canonicalId(from) ?? FIRST_ID;
  const last = canonicalId(to, 'last') ?? LAST_ID;
  return [...ids].filter((id) => !isBefore(id, first) && !isBefore(last, id)).sort(compareIds);
}
