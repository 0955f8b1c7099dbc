/** Entries that the pump recorded as trimmed before they were read. */
import { canonicalId, compareIds, FIRST_ID, isBefore, LAST_ID } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';
import { lossesKey } from '../redis/keys.ts';

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
  for (const [, fields] of await home.xrange(lossesKey, '-', '+')) {
    const record = fieldsOf(fields);
    if (record['stream'] === stream) for (const id of record['ids']?.split(' ') ?? []) ids.add(id);
  }
  const first = canonicalId(from) ?? FIRST_ID;
  const last = canonicalId(to, 'last') ?? LAST_ID;
  return [...ids].filter((id) => !isBefore(id, first) && !isBefore(last, id)).sort(compareIds);
}
