/**
 * Until when inboxes are written so that workers of the version before read them right: during an upgrade they run beside this one, and
 * they may come back in its place. It ends when nothing that they remember is needed any more.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { booksKeys, upgradedAtKey } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';

const script = loadScript(new URL('upgraded-at.lua', import.meta.url));

/** In ms by the clock of Redis, which is asked once; 0 where no earlier version ever ran. */
export function earlierVersions(client: RedisClient, seenWindowMs: number): () => Promise<number> {
  let known: number | undefined;
  return async () => {
    if (known === undefined) {
      const keys = [upgradedAtKey, booksKeys('matches').books];
      const upgradedAtMs = (await runScript(client, script, keys, [])) as number;
      known = upgradedAtMs && upgradedAtMs + seenWindowMs;
    }
    return known;
  };
}
