/** Lua scripts of ours: read from a file beside the code, sent once, called by their digest. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './connections.ts';

export interface Script {
  text: string;
  sha: string;
}

export function loadScript(file: URL): Script {
  const text = readFileSync(file, 'utf8');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export type ScriptArg = string | number;

/** Runs the script where `keys` live; loads it there first if Redis does not know it (a new server, or a restarted one). */
export async function runScript(
  client: RedisClient,
  script: Script,
  keys: string[],
  args: ScriptArg[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.eval(script.text, keys.length, ...keys, ...args);
  }
}
