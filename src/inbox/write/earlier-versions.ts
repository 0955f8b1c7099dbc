/**
 * Until when inboxes are written in a form that workers of the previous version read correctly: during an upgrade they run alongside, and
 * they may come back. It ends when nothing that they remember is needed any more.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { booksKeys, completedKey, upgradedAtKey } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';

const script = loadScript(new URL('upgraded-at.lua', import.meta.url));

/** In ms by the clock of Redis, read once; 0 if no earlier version ever ran. */
export function earlierVersions(client: RedisClient, seenWindowMs: number): () => Promise<number> {
  async function ask(): Promise<number> {
    const keys = [upgradedAtKey, booksKeys('matches').books, completedKey('matches')];
    const upgradedAtMs = (await runScript(client, script, keys, [])) as number;
    return upgradedAtMs && upgradedAtMs + seenWindowMs;
  }
  // One answer for all callers, or a later write would overtake an earlier one.
  let known: Promise<number> | undefined;
  return () => {
    known ??= ask().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
