/** The processors' port `Kept`: entries that jobs refer to, read from the stream again. */
import type { Kept } from '../../processors/index.ts';
import { toEntry } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { attempt } from '../redis/refusal.ts';
import { readEntry } from '../stream/window.ts';

/** `openSkywire`: on first use; undefined: only a relay reaches the stream. */
export function createKeptEntries(home: RedisClient, openSkywire: (() => RedisClient) | undefined): Kept {
  let skywire: RedisClient | undefined;
  return {
    async fetch(stream, id) {
      if (!openSkywire)
        return 'it is kept in the stream, which this worker does not reach: run a worker with SKYWIRE_REDIS_URL instead of a relay';
      skywire ??= openSkywire();
      const entry = await readEntry(skywire, stream, id);
      if (entry) return toEntry(entry);
      return (await skywire.exists(stream))
        ? 'it is no longer in the stream: another program removed it'
        : 'it is kept in the stream, which is not on this Redis: set SKYWIRE_REDIS_URL for the worker';
    },
    attempt: (bytes, write) => attempt({ bytes, write, probe: () => home.ping() }),
  };
}
