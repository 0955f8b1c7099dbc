/** What may have been lost: logged at once, and recorded for audit and overview. */
import type { Events } from '../observe/events.ts';
import type { RedisClient } from '../redis/connections.ts';
import { noteLoss } from '../stream/loss-records.ts';
import type { Gap } from './account.ts';
import type { ReadAgain } from './cursor.ts';

const IDS_A_RECORD = 500;

export interface Losses {
  /** Entries that were trimmed while they were pending. */
  note(ids: readonly string[], stream: string): Promise<void>;
  /** Entries that are gone before the group was given them. */
  noteUnread(gap: Gap, stream: string): Promise<void>;
  /** The group was rewound. */
  noteReadAgain(again: ReadAgain, stream: string): Promise<void>;
}

export function createLosses(home: RedisClient, events: Events): Losses {
  return {
    async note(ids, stream) {
      if (!ids.length) return;
      events.entriesLost(ids, stream);
      for (let at = 0; at < ids.length; at += IDS_A_RECORD)
        await noteLoss(home, { kind: 'pending', stream, ids: ids.slice(at, at + IDS_A_RECORD) });
    },
    async noteUnread(gap, stream) {
      events.unreadEntriesLost(gap, stream);
      await noteLoss(home, { kind: 'unread', stream, ...gap });
    },
    async noteReadAgain({ from, why }, stream) {
      if (why === 'restarted') return events.readAgain(from, stream);
      events.cursorLost(from, stream);
      await noteLoss(home, { kind: 'cursor', stream, from });
    },
  };
}
