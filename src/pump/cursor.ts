/**
 * The group's position, saved on the queues' Redis: every entry up to it has been added to the queue.
 *
 * A destroyed group is recreated there, or at the beginning if there is no cursor or the stream is a new one: one that lacks the entry at the
 * cursor, which no trimming of ours removes.
 * If the queues' Redis restarted or failed over, it may have lost its last second of jobs, whose entries the stream's Redis counts as
 * acknowledged: the group is rewound to a minute before the cursor, and inboxes drop the duplicates. If the cursor itself is gone, although
 * the group has been read, that Redis forgot everything: the group is rewound by the replay window. See docs/decisions/0006-two-servers.md.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { before, earlier, FIRST_ID, isBefore, oldestOf } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { cursorKey, cursorServersKey } from '../redis/keys.ts';
import type { Position, Source } from '../stream/source.ts';
import { createHomeLife } from './home-life.ts';

/** Covers the seconds between saves, and until a restart is noticed. */
const MARGIN_MS = 60_000;
/** No restart loses this much: an old copy of the data was restored. */
const OLD_COPY_MS = 300_000;
/** Until a write is on the disk, with appendfsync everysec. */
const ON_DISK_AFTER_MS = 2_000;

export interface ReadAgain {
  /** Entries after it are delivered again. */
  from: string;
  why: 'restarted' | 'forgot';
}

export interface Cursor {
  read(): Promise<string>;
  /** Where to create the group, if it does not exist. */
  start(): Promise<string>;
  /** Rewinds the group first, if the queues' Redis restarted or lost the cursor. With two servers the very first save takes 2 s. */
  save(signal?: AbortSignal): Promise<void>;
  /** Must not be trimmed from this id on: a rewind may need it. `reached`: the cursor of over a minute ago, where ids do not tell times. */
  needs(reached?: string): Promise<string>;
}

export interface CursorOptions {
  /** Redis of the queues. */
  home: RedisClient;
  source: Pick<Source, 'stream' | 'position' | 'rewind'>;
  group: string;
  /** Stream, queues and inboxes share a server, so a crash rolls back all three together. */
  isOneServer: boolean;
  /** Replay window. */
  windowMs: number;
  /** There is no group, and the stream is not the cursor's. */
  onReplaced: (cursor: string) => Promise<void>;
  /** The group was rewound. */
  onReadAgain: (again: ReadAgain) => Promise<void>;
}

export function createCursor(options: CursorOptions): Cursor {
  const { home, source, group, isOneServer, windowMs, onReplaced, onReadAgain } = options;
  const key = cursorKey(source.stream, group);
  const life = isOneServer ? undefined : createHomeLife(home, cursorServersKey(source.stream, group));

  async function read(): Promise<string> {
    const saved = await home.get(key);
    if (!saved) return FIRST_ID;
    const { newest } = await source.position();
    return newest && isBefore(newest, saved) ? FIRST_ID : saved;
  }

  /** Entries that the queues' Redis no longer has, although the group was given them. */
  async function forgotten(
    saved: string | null,
    safe: string,
    isNewLife: boolean,
  ): Promise<ReadAgain | undefined> {
    if (saved === null) {
      // Nothing was read yet: a first start.
      if (safe === FIRST_ID) return undefined;
      // By the group's position if the pump was down for long: nobody trimmed meanwhile.
      const end = oldestOf([`${await redisNow(home)}-0`, safe])!;
      return { from: earlier(end, windowMs), why: 'forgot' };
    }
    if (!isNewLife) return undefined;
    const isOldCopy = isBefore(saved, earlier(safe, OLD_COPY_MS));
    return { from: earlier(await read(), MARGIN_MS), why: isOldCopy ? 'forgot' : 'restarted' };
  }

  return {
    read,
    async start() {
      const saved = await home.get(key);
      if (!saved || saved === FIRST_ID) return FIRST_ID;
      const {
        delivered,
        newest,
        hasAnchor = newest !== undefined && !isBefore(newest, saved),
      } = await source.position(saved);
      if (delivered !== undefined || hasAnchor) return saved;
      await onReplaced(saved);
      return FIRST_ID;
    },
    async save(signal) {
      const [saved, position, found] = await Promise.all([home.get(key), source.position(), life?.look()]);
      const safe = safeIn(position);
      if (safe === undefined) return;
      const again = await forgotten(saved, safe, found?.isNew === true);
      if (again) {
        await source.rewind(again.from);
        await onReadAgain(again);
      }
      // Do not overwrite a cursor that was lost just now: its absence must be noticed.
      if (saved === null) await home.set(key, oldestOf([safe, again?.from ?? safe])!, 'NX');
      else if (!again) await home.set(key, safe, 'XX');
      await found?.remember();
      // A power loss must not take the cursor along with the first jobs.
      if (saved === null && life) await pause(ON_DISK_AFTER_MS, undefined, { signal }).catch(() => undefined);
    },
    async needs(reached) {
      const [saved, position] = await Promise.all([read(), source.position()]);
      const margin = reached ?? earlier(saved, MARGIN_MS);
      return oldestOf([saved, safeIn(position) ?? FIRST_ID, ...(isOneServer ? [] : [margin])])!;
    },
  };
}

/** Just before the oldest pending entry; with none pending, the last delivered one. undefined: there is no group. */
function safeIn({ delivered, oldestPending }: Position): string | undefined {
  if (!delivered) return undefined;
  return oldestPending && !isBefore(delivered, oldestPending) ? before(oldestPending) : delivered;
}
