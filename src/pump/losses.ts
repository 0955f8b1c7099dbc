/** Entries trimmed before they were read, the only possible loss: logged at once, and recorded for the audit. */
import type { Events } from '../observe/events.ts';
import type { RedisClient } from '../redis/connections.ts';
import { lossesKey } from '../redis/keys.ts';

const IDS_A_RECORD = 500;
const MOST_RECORDS = 2_000;

export interface Losses {
  note(ids: readonly string[], stream: string): Promise<void>;
}

export function createLosses(home: RedisClient, events: Events): Losses {
  return {
    async note(ids, stream) {
      if (!ids.length) return;
      events.entriesLost(ids, stream);
      for (let at = 0; at < ids.length; at += IDS_A_RECORD) {
        const some = ids.slice(at, at + IDS_A_RECORD).join(' ');
        await home.xadd(lossesKey, 'MAXLEN', '~', MOST_RECORDS, '*', 'stream', stream, 'ids', some);
      }
    },
  };
}
