/**
 * Other consumer groups of a stream. Nothing is trimmed that one of them has not acknowledged, so a group that nobody reads with, or
 * acknowledges in, any more blocks trimming for ever.
 */
import { oldestOf, timeMsOf } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { Group } from '../stream/xinfo.ts';
import { unreadCount } from './unread-count.ts';

export interface OtherGroup {
  /** Safe to show and to use as a label: without unusual characters, and truncated. */
  group: string;
  /** Whether that is its whole name. */
  isExact: boolean;
  /** Not read, or not acknowledged; an estimate if Redis does not know the group's lag. */
  entries: number;
  /** When the oldest of them was appended, by its id; 0: none. */
  oldestMs: number;
  /** How much older than the replay window that is; 0: the group does not block trimming. */
  overdueMs: number;
}

interface About {
  nowMs: number;
  length: number;
  windowMs: number;
}

/** The names are label values, and come from Redis. */
const MOST_GROUPS = 5;
const MOST_EXAMINED = 100;
const MOST_CHARACTERS = 64;
const unusual = /[^\w.:@/-]/g;

/** Those furthest behind first, no more than MOST_GROUPS. */
export async function readOtherGroups(
  client: RedisClient,
  stream: string,
  groups: readonly Group[],
  about: About,
): Promise<OtherGroup[]> {
  const some = groups.slice(0, MOST_EXAMINED);
  const found = await Promise.all(some.map((group) => readGroup(client, stream, group, about)));
  found.sort((a, b) => b.overdueMs - a.overdueMs || b.entries - a.entries || (a.group < b.group ? -1 : 1));
  const byName = new Map<string, OtherGroup>();
  for (const one of found) if (!byName.has(one.group)) byName.set(one.group, one);
  return [...byName.values()].slice(0, MOST_GROUPS);
}

async function readGroup(
  client: RedisClient,
  stream: string,
  found: Group,
  { nowMs, length, windowMs }: About,
): Promise<OtherGroup> {
  const after = `(${found['last-delivered-id']}`;
  const [pending, [unread]] = await Promise.all([
    found.pending ? (client.xpending(stream, found.name) as Promise<[number, string | null]>) : undefined,
    client.xrange(stream, after, '+', 'COUNT', 1),
  ]);
  const oldest = oldestOf([pending?.[1], unread?.[0]].filter((id) => typeof id === 'string'));
  const oldestMs = oldest ? timeMsOf(oldest) : 0;
  const group = found.name.replace(unusual, '_').slice(0, MOST_CHARACTERS);
  return {
    group,
    isExact: group === found.name,
    entries: found.pending + (unread ? await unreadCount(client, stream, length, unread[0], found) : 0),
    oldestMs,
    overdueMs: oldest ? Math.max(0, nowMs - oldestMs - windowMs) : 0,
  };
}

const number = new Intl.NumberFormat('en');

/** Which group, how many entries, since when, and what to type. */
export function holdsTrimming(stream: string, { group, isExact, entries, oldestMs }: OtherGroup) {
  const since = `${new Date(oldestMs).toISOString().slice(0, 16)}Z`;
  // A changed name may look like another group's.
  const named = isExact ? group : `GROUP, by its exact name from redis-cli XINFO GROUPS ${stream}`;
  return {
    what: `The group ${group} has not acknowledged ${number.format(entries)} entries of ${stream}, the oldest since ${since}: nothing after it is trimmed.`,
    remedy: `If nobody reads with it any more: redis-cli XGROUP DESTROY ${stream} ${named}. Otherwise its consumer must XACK what it has handled.`,
  };
}
