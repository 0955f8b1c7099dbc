/** A group's position in its stream, and what the stream still has: enough to tell whether unread entries are gone. */
import { FIRST_ID } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { loadScript, runScript } from '../redis/scripts.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('look.lua'), here('stream-id.lua'));

/** Before Redis 7 `reads`, `added` and `deleted` are not known. */
export interface Look {
  /** The group's last-delivered-id. */
  delivered: string;
  /** Entries that Redis counts as read by the group; not known after a rewind, and too low after a restart of Redis 7.0. */
  reads?: number | undefined;
  /** Oldest entry; undefined: none. */
  first?: string | undefined;
  /** Id of the newest entry there ever was. */
  last: string;
  /** Entries in the stream. */
  length: number;
  /** Entries ever added. */
  added?: number | undefined;
  /** Newest entry that XDEL removed. */
  deleted?: string | undefined;
  /** Entries after `upTo`; counted only if one after it was deleted that is not `deleted`. */
  unread?: number | undefined;
  /** Of the group. */
  consumers?: number | undefined;
}

/** What the caller already knows. */
export interface Seen {
  upTo?: string | undefined;
  deleted?: string | undefined;
}

/** Permission for XINFO STREAM is missing. */
export class LookDenied extends Error {
  override name = 'LookDenied';
}

/** undefined: there is no such stream or group. Throws LookDenied. */
export async function lookAt(
  client: RedisClient,
  stream: string,
  group: string,
  { upTo = '', deleted = '' }: Seen,
): Promise<Look | undefined> {
  const reply = (await runScript(client, script, [stream], [group, upTo, deleted])) as string[] | null;
  if (!reply) return undefined;
  if (reply.length === 1) throw new LookDenied(reply[0]);
  const text = (at: number) => reply[at] || undefined;
  const count = (at: number) => (reply[at] ? Number(reply[at]) : undefined);
  return {
    delivered: reply[0]!,
    // Also unknown for a group created at the beginning.
    reads: reply[0] === FIRST_ID ? 0 : count(1),
    first: text(2),
    last: reply[3]!,
    length: Number(reply[4]),
    added: count(5),
    deleted: text(6),
    unread: count(7),
    consumers: count(8),
  };
}
