/**
 * What is known from Bluesky, stored beside the items and never in them. Two stores of bounded size: a cache of authors, other people's
 * posts, servers and failures; and what is known of delivered posts, kept as long as there is room.
 */
import { hash } from 'node:crypto';
import { redisNow } from '../../redis/clock.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { KNOWN_PARTS, knownKeys } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import type { Entries, Name } from './entries.ts';
import type { Room } from './room.ts';

const putScript = loadScript(new URL('put.lua', import.meta.url));

type Store = 'cache' | 'posts';
/** Together 64 MB. */
const MOST_BYTES: Record<Store, number> = { cache: 28_000_000, posts: 36_000_000 };
/** An author who is no longer read is forgotten. */
const KEEP_MS: Record<Store, number> = { cache: 14 * 86_400_000, posts: 0 };
/** A withdrawn post stays known longer than others: forgotten, it would be shown again. */
const WITHDRAWN_STAYS_MS = 90 * 86_400_000;

export interface Known {
  /** By name; unknown names are missing. `nowMs`: by Redis' clock. */
  read(names: readonly Name[]): Promise<{ nowMs: number; entries: Entries }>;
  /** false: nothing was written, since Redis has no room for it. */
  write(entries: Entries): Promise<boolean>;
}

export function createKnown(client: RedisClient, room: Room): Known {
  return {
    async read(names) {
      const parts = byPart(names);
      const [nowMs, ...found] = await Promise.all([
        redisNow(client),
        ...parts.map(async ({ keys, names: some }) => client.hmget(keys.values, ...some)),
      ]);
      const entries: Entries = new Map();
      for (const [at, values] of found.entries())
        for (const [nth, value] of values.entries()) {
          const entry = parsed(value);
          if (entry) entries.set(parts[at]!.names[nth]!, entry as never);
        }
      return { nowMs, entries };
    },
    async write(entries) {
      if (entries.size === 0) return true;
      if (!(await room.isThere())) return false;
      await Promise.all(
        byPart([...entries.keys()]).map(({ store, keys, names }) => {
          const rows = names.flatMap((name) => {
            const entry = entries.get(name)!;
            return [name, JSON.stringify(entry), 'gone' in entry ? WITHDRAWN_STAYS_MS : 0];
          });
          const bounds = [Math.floor(MOST_BYTES[store] / KNOWN_PARTS), KEEP_MS[store]];
          return runScript(client, putScript, [keys.values, keys.times, keys.bytes], [...bounds, ...rows]);
        }),
      );
      return true;
    },
  };
}

function byPart(names: readonly Name[]) {
  const parts = new Map<string, { store: Store; keys: ReturnType<typeof knownKeys>; names: Name[] }>();
  for (const name of names) {
    const store: Store = name.startsWith('own:') ? 'posts' : 'cache';
    const part = Number.parseInt(hash('sha1', name, 'hex')[0]!, 16);
    const place = `${store}${part}`;
    const known = parts.get(place) ?? { store, keys: knownKeys(store, part), names: [] };
    known.names.push(name);
    parts.set(place, known);
  }
  return [...parts.values()];
}

function parsed(text: string | null): object | undefined {
  try {
    const value: unknown = text === null ? undefined : JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
