/**
 * The repositories of the simulated network. Of a generated post only the key is stored, because the world generates it again;
 * a post of an earlier run is also found by its uri, but not listed. Posts made by a test are stored in full.
 */
import { cidOf } from '../../../queues/index.ts';
import type { MadeUpWorld } from '../made-up-posts.ts';
import type { Post } from '../post.ts';

export interface HeldRecord {
  uri: string;
  cid: string;
  did: string;
  rkey: string;
  value: Record<string, unknown>;
}

interface Entry {
  rkey: string;
  createdMs: number;
  /** undefined: the world generates it. */
  held?: HeldRecord;
}

export interface Repositories {
  has(did: string): boolean;
  add(post: Post): HeldRecord;
  remove(uri: string): void;
  restore(uri: string): void;
  /** undefined: it never existed, or was removed. */
  find(uri: string): HeldRecord | undefined;
  /** By record key, descending or ascending, beyond `cursor`. */
  list(did: string, options: { limit: number; cursor?: string; ascending?: boolean }): HeldRecord[];
  /** By createdAt, newest first. */
  feed(did: string, options: { limit: number; beforeMs?: number }): HeldRecord[];
}

/** Most posts listed: generated ones, and stored ones. */
const LISTED = 100_000;
const WHOLE = 20_000;

export function createRepositories(world: MadeUpWorld): Repositories {
  const repositories = new Map<string, Entry[]>();
  /** Uris, the oldest first. */
  const listed = new Set<string>();
  const whole = new Set<string>();
  const removed = new Set<string>();

  function add(post: Post): HeldRecord {
    const { did, rkey } = splitUri(post.uri);
    const entries = repositories.get(did) ?? [];
    repositories.set(did, entries);
    const at = placeOf(entries, rkey);
    const held = toHeld(post.uri, post.raw_record);
    const generated = world.postOf(post.uri);
    const isGenerated = generated !== undefined && cidOf(generated.raw_record) === held.cid;
    const createdMs = Date.parse(String(post.raw_record.createdAt));
    const entry: Entry = { rkey, createdMs, ...(!isGenerated && { held }) };
    entries.splice(at, entries[at]?.rkey === rkey ? 1 : 0, entry);
    const [uris, most] = isGenerated ? [listed, LISTED] : [whole, WHOLE];
    uris.add(post.uri);
    if (uris.size > most) forget(uris.values().next().value!);
    return held;
  }

  function forget(uri: string): void {
    listed.delete(uri);
    whole.delete(uri);
    const { did, rkey } = splitUri(uri);
    const entries = repositories.get(did)!;
    const at = placeOf(entries, rkey);
    if (entries[at]?.rkey === rkey) entries.splice(at, 1);
  }

  function find(uri: string): HeldRecord | undefined {
    if (removed.has(uri)) return undefined;
    const { did, rkey } = splitUri(uri);
    const entries = repositories.get(did) ?? [];
    const entry = entries[placeOf(entries, rkey)];
    if (entry?.rkey === rkey && entry.held) return entry.held;
    const generated = world.postOf(uri);
    return generated && toHeld(uri, generated.raw_record);
  }

  const authors = new Set(world.authors.map(({ did }) => did));

  return {
    has: (did) => authors.has(did) || repositories.has(did),
    add,
    remove: (uri) => void removed.add(uri),
    restore: (uri) => void removed.delete(uri),
    find,
    list: (did, { limit, cursor, ascending = false }) => {
      const entries = repositories.get(did) ?? [];
      const at = cursor === undefined ? undefined : placeOf(entries, cursor);
      const found: HeldRecord[] = [];
      const step = ascending ? 1 : -1;
      let next = ascending ? (at ?? 0) : (at ?? entries.length) - 1;
      if (ascending && entries[next]?.rkey === cursor) next += 1;
      for (; next >= 0 && next < entries.length && found.length < limit; next += step) {
        const record = find(`at://${did}/app.bsky.feed.post/${entries[next]!.rkey}`);
        if (record) found.push(record);
      }
      return found;
    },
    feed: (did, { limit, beforeMs = Number.POSITIVE_INFINITY }) => {
      const found: HeldRecord[] = [];
      const entries = (repositories.get(did) ?? []).filter(({ createdMs }) => createdMs < beforeMs);
      for (const { rkey } of entries.sort((a, b) => b.createdMs - a.createdMs)) {
        const record = found.length < limit && find(`at://${did}/app.bsky.feed.post/${rkey}`);
        if (record) found.push(record);
      }
      return found;
    },
  };
}

/** The first entry with this key or a later one. */
function placeOf(entries: readonly Entry[], rkey: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.rkey < rkey) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function splitUri(uri: string): { did: string; collection: string; rkey: string } {
  const [, , did = '', collection = '', rkey = ''] = uri.split('/');
  return { did, collection, rkey };
}

function toHeld(uri: string, value: Record<string, unknown>): HeldRecord {
  // A record without a CID could not be in a repository: a CID that nothing has.
  return { uri, cid: cidOf(value) ?? cidOf({ uri })!, ...splitUri(uri), value };
}
