/**
 * A consumer of a Skywire stream's group. Knows Redis commands, nothing of jobs.
 * Invariant: the group is created at the beginning of the stream, never at `$`, so that no earlier entry is skipped.
 */
import { before, compareIds, oldestOf, type RawEntry } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { loadScript, runScript } from '../redis/scripts.ts';
import { createBoundedReads } from './bounded-reads.ts';
import { type Look, lookAt, type Seen } from './look.ts';
import { createReadSize } from './read-size.ts';
import { consumersOf, groupOf } from './xinfo.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const rewindScript = loadScript(here('rewind.lua'), here('stream-id.lua'));
const trimScript = loadScript(here('trim.lua'), here('stream-id.lua'));
const TRIM_AT_ONCE = 10_000;
const MOST_SPARED = 1_000;
const leaveScript = loadScript(here('leave.lua'));
/** Without a byte for so long, a read is given up. */
const SILENT_MS = { new: 5_000, pending: 15_000 };

export interface Source {
  stream: string;
  /** Creates the group after the id `from` if it does not exist. */
  ensureGroup(from: string): Promise<void>;
  /** New entries, at most `most` and no more than fit in one read; waits up to `blockMs` for them. */
  readNew(most: number, blockMs: number): Promise<RawEntry[]>;
  /** XAUTOCLAIM of entries that have been pending for `minIdleMs`; returns how many. */
  claim(minIdleMs: number): Promise<{ claimed: number; lost: string[] }>;
  /** Our own pending entries after `after`, oldest first; `lost`: trimmed while pending. */
  readPending(
    after: string,
    most: number,
  ): Promise<{ entries: RawEntry[]; lost: string[]; last: string | undefined }>;
  ack(ids: readonly string[]): Promise<void>;
  /** Deletes a consumer (by default ourselves) unless it has pending entries. */
  leave(consumer?: string): Promise<void>;
  /** Consumers without pending entries that have been idle for `idleMs`. */
  idleConsumers(idleMs: number): Promise<string[]>;
  position(anchor?: string): Promise<Position>;
  /** undefined: there is no group, or it is not known. Rejects with LookDenied. */
  look(seen: Seen): Promise<Look | undefined>;
  /** Redelivers everything after `to`. Never moves the group forward. */
  rewind(to: string): Promise<void>;
  /**
   * Trims entries that are older than the window, before `floor`, not needed by any group and not among `spared`; a bounded number a
   * call. `isDue`: entries older than the window remain. `isAhead`: the stream's ids are ahead of the clock and tell no age; there `aged`,
   * an id before which all are known to be older than the window, replaces the clock.
   */
  trim(
    floor: string,
    windowMs: number,
    spared: readonly string[],
    aged?: string,
  ): Promise<{ trimmed: number; isDue: boolean; isAhead?: boolean }>;
}

/** Where stream and group are. A member is undefined without such an entry, or without a group. */
export interface Position {
  /** The stream's last entry. */
  newest?: string | undefined;
  /** The group's last-delivered-id. */
  delivered?: string | undefined;
  /** Never newer than the entries pending when `delivered` was read. */
  oldestPending?: string | undefined;
  /** Whether the entry at the anchor, or the one just after it, exists. */
  hasAnchor?: boolean | undefined;
}

/** A source with its own connection to Redis. */
export interface DirectSource extends Source {
  /** Ends a waiting or running read; entries it may have read are pending. */
  interrupt(): void;
}

export interface SourceOptions {
  /** A dedicated connection for reading entries: it blocks in XREADGROUP, and replies are large. */
  reader: RedisClient;
  commands: RedisClient;
  stream: string;
  group: string;
  consumer: string;
}

export function createSource({ reader, commands, stream, group, consumer }: SourceOptions): DirectSource {
  const member = ['GROUP', group, consumer] as const;
  const size = createReadSize();
  const reads = createBoundedReads(reader, size);
  return {
    stream,
    async ensureGroup(from) {
      try {
        await commands.xgroup('CREATE', stream, group, from, 'MKSTREAM');
      } catch (error) {
        if (!String(error).includes('BUSYGROUP')) throw error;
      }
    },
    async readNew(most, blockMs) {
      const count = size.next(most);
      const block = ['COUNT', count, 'BLOCK', blockMs] as const;
      const rows = await reads.read(count, blockMs + SILENT_MS.new, async () =>
        rowsOf(await reader.xreadgroupBuffer(...member, ...block, 'STREAMS', stream, '>')),
      );
      return rows.map(([id, fields]) => toRawEntry(String(id), fields ?? []));
    },
    async claim(minIdleMs) {
      let cursor = '0-0';
      let claimed = 0;
      const lost: string[] = [];
      do {
        const from = [stream, group, consumer, minIdleMs, cursor] as const;
        const reply = await commands.xautoclaim(...from, 'COUNT', 500, 'JUSTID');
        const [next, ids, deleted = []] = reply as [string, string[], string[]?];
        cursor = next;
        claimed += ids.length;
        lost.push(...deleted);
      } while (cursor !== '0-0');
      return { claimed, lost };
    },
    async readPending(after, most) {
      const count = size.next(most);
      const found = await reads.read(count, SILENT_MS.pending, async () =>
        rowsOf(await reader.xreadgroupBuffer(...member, 'COUNT', count, 'STREAMS', stream, after)),
      );
      const rows = found.map(([id, fields]) => ({ id: String(id), fields }));
      return {
        entries: rows.flatMap(({ id, fields }) => (fields ? [toRawEntry(id, fields)] : [])),
        lost: rows.flatMap(({ id, fields }) => (fields ? [] : [id])),
        last: rows.at(-1)?.id,
      };
    },
    async ack(ids) {
      if (ids.length) await commands.xack(stream, group, ...ids);
    },
    async leave(who = consumer) {
      await runScript(commands, leaveScript, [stream], [group, who]);
    },
    async idleConsumers(idleMs) {
      return (await consumersOf(commands, stream, group))
        .filter((one) => one.name !== consumer && one.pending === 0 && one.idle > idleMs)
        .map(({ name }) => name);
    },
    async position(anchor) {
      // The group first: an entry delivered between the replies is pending in the next one, or newer than `delivered`.
      const row = await groupOf(commands, stream, group);
      const pending = row && ((await commands.xpending(stream, group)) as [number, string | null]);
      const [newest] = await commands.xrevrange(stream, '+', '-', 'COUNT', 1);
      const found = anchor && (await commands.xrange(stream, anchor, '+', 'COUNT', 1))[0]?.[0];
      return {
        ...(anchor && { hasAnchor: found !== undefined && [found, before(found)].includes(anchor) }),
        newest: newest?.[0],
        delivered: row?.['last-delivered-id'],
        oldestPending: pending?.[1] ?? undefined,
      };
    },
    look: (seen) => lookAt(commands, stream, group, seen),
    async rewind(to) {
      await runScript(commands, rewindScript, [stream], [group, to]);
    },
    async trim(floor, windowMs, spared, aged = '') {
      const some = [...spared].sort(compareIds).slice(0, MOST_SPARED);
      // More than that: none beyond the last of them is trimmed.
      const upTo = some.length < spared.length ? oldestOf([floor, some.at(-1)!])! : floor;
      const args = [upTo, windowMs, TRIM_AT_ONCE, aged, ...some];
      const reply = (await runScript(commands, trimScript, [stream], args)) as [number, number, number];
      const [trimmed, isDue, isAhead] = reply;
      return { trimmed, isDue: isDue === 1, isAhead: isAhead === 1 };
    },
    interrupt: reads.interrupt,
  };
}

/** `fields` is null for a trimmed entry. Buffers, because the pump never parses them. */
type Row = [id: Buffer, fields: Buffer[] | null];
const rowsOf = (reply: unknown): Row[] => (reply as [unknown, Row[]][] | null)?.[0]?.[1] ?? [];

/** Of duplicate fields the last counts, as in a hash. */
export function toRawEntry(id: string, fields: readonly Buffer[]): RawEntry {
  for (let at = fields.length - 2; at >= 0; at -= 2) {
    if (fields[at]!.equals(DATA)) return { id, data: fields[at + 1]! };
  }
  return { id, fields: fields.map(String) };
}
const DATA = Buffer.from('data');
