/** Detects entries of one stream that are gone before the group was given them. */
import { isBefore, laterId, type RawEntry } from '../../queues/index.ts';
import type { Events } from '../observe/events.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { cursorMarksKey } from '../redis/keys.ts';
import { type Look, LookDenied } from '../stream/look.ts';
import type { Source } from '../stream/source.ts';
import { type Account, type OwnRead, settle } from './account.ts';
import type { Losses } from './losses.ts';

const FIELD = 'account';
/** Interval while all entries are read. With a backlog, where trimming can pass the group, before each read: 41 µs of Redis per read. */
const LOOK_EVERY_MS = 250;
/** Interval through a relay, where a check is a long round trip. */
const LOOK_FAR_EVERY_MS = 2_000;

export interface UnreadLosses {
  /** Before a read, so that trimmed entries are noted before their traces are lost. */
  look(): Promise<void>;
  /** Reports what was read after a check. */
  watched(source: Source): Source;
  /** Keeps the account for the next process. */
  save(): Promise<void>;
  /** The stream is not the cursor's. */
  replaced(cursor: string): Promise<void>;
}

export interface UnreadLossesOptions {
  /** Redis of the queues. */
  home: RedisClient;
  source: Pick<Source, 'stream' | 'look'>;
  group: string;
  /** Through a relay, which reads ahead of the pump: what arrives was not read right after a check. */
  isFar: boolean;
  losses: Pick<Losses, 'noteUnread'>;
  events: Pick<Events, 'unreadLossesUnseen'>;
}

export function createUnreadLosses(options: UnreadLossesOptions): UnreadLosses {
  const { home, source, group, isFar, losses, events } = options;
  const { stream } = source;
  const key = cursorMarksKey(stream, group);
  let account: Account | undefined;
  let saved: string | undefined;
  let latest: Look | undefined;
  let own: OwnRead | undefined;
  let isDenied = false;
  let lookAgainAt = 0;

  async function load(): Promise<Account | undefined> {
    const text = await home.hget(key, FIELD);
    saved = text ?? undefined;
    return text ? (JSON.parse(text) as Account) : undefined;
  }

  async function save(): Promise<void> {
    const text = account && JSON.stringify(account);
    if (!text || text === saved) return;
    await home.hset(key, FIELD, text);
    saved = text;
  }

  async function see(): Promise<Look | undefined> {
    if (isDenied) return undefined;
    try {
      return await source.look({ upTo: account?.upTo, deleted: account?.deleted });
    } catch (error) {
      if (!(error instanceof LookDenied)) throw error;
      isDenied = true;
      events.unreadLossesUnseen(stream);
      return undefined;
    }
  }

  function noteRead(entries: readonly RawEntry[]): void {
    const last = entries.at(-1)?.id;
    if (last === undefined) return;
    const wasBehind = latest && isBehind(latest);
    const wasAlone = latest && isAlone(latest);
    latest = undefined;
    // If nothing was unread, the read waited, and another pump may have read meanwhile; so may it if there is one.
    if (!account || !wasBehind || isFar || !wasAlone) return;
    const { upTo } = account;
    own = { last, entries: entries.filter(({ id }) => isBefore(upTo, id)).length };
  }

  return {
    async look() {
      if (performance.now() < lookAgainAt) return;
      account ??= await load();
      latest = await see();
      if (!latest) return;
      const pauseMs = isFar ? LOOK_FAR_EVERY_MS : LOOK_EVERY_MS;
      lookAgainAt = isBehind(latest) && !isFar ? 0 : performance.now() + pauseMs;
      let found = settle(account, latest, isAlone(latest) ? own : undefined);
      own = undefined;
      if (found.gap) {
        // Another pump may have recorded it.
        const shared = await load();
        if (shared && account && isBefore(account.upTo, shared.upTo)) found = settle(shared, latest);
      }
      account = found.account;
      if (found.gap) await losses.noteUnread(found.gap, stream);
      if (found.gap || saved === undefined) await save();
    },
    watched: (watched) => ({
      ...watched,
      async readNew(count, blockMs) {
        const entries = await watched.readNew(count, blockMs);
        noteRead(entries);
        return entries;
      },
    }),
    save,
    async replaced(cursor) {
      // If everything was read at the previous check, the read was waiting when the stream was deleted.
      const wasAllRead = !isFar && latest && !isBehind(latest);
      account = undefined;
      saved = undefined;
      own = undefined;
      if (!wasAllRead)
        await losses.noteUnread({ after: cursor, to: laterId(cursor, `${await redisNow(home)}-0`) }, stream);
      await home.hdel(key, FIELD);
    },
  };
}

/** A pump that has never read is not a consumer yet. */
const isAlone = ({ consumers }: Look): boolean => consumers !== undefined && consumers <= 1;

const isBehind = ({ delivered, last }: Look): boolean => isBefore(delivered, last);
