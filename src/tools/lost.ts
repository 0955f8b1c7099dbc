/** Entries that the pump recorded as trimmed before they were read. */

import type { RedisClient } from '../redis/connections.ts';
import { lossesKey } from '../redis/keys.ts';
import { isBefore } from '../stream/stream-id.ts';

const MAX = '18446744073709551615';

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
    const record = Object.fromEntries(
      fields.flatMap((name, at) => (at % 2 ? [] : [[name, fields[at + 1]!]])),
    );
    if (record['stream'] === stream) for (const id of record['ids']?.split(' ') ?? []) ids.add(id);
  }
  const first = from.includes('-') ? from : `${from}-0`;
  const last = to.includes('-') ? to : `${to === '+' ? MAX : to}-${MAX}`;
  return [...ids]
    .filter((id) => !isBefore(id, first) && !isBefore(last, id))
    .sort((a, b) => (isBefore(a, b) ? -1 : 1));
}
