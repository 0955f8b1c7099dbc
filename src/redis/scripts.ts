/** Lua scripts of ours: read from a file beside the code, sent once, called by their digest. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Cluster } from 'ioredis';
import type { RedisClient } from './connections.ts';

export interface Script {
  text: string;
  sha: string;
}

/** `includes` come first: what several scripts share stands once. */
export function loadScript(file: URL, ...includes: URL[]): Script {
  const text = [...includes, file].map((part) => readFileSync(part, 'utf8')).join('\n');
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

export interface ScriptCall {
  keys: string[];
  args: ScriptArg[];
}

/** Many calls of one script, in one round trip where all keys live on one server. One result or error for each call, in order. */
export async function runScripts(
  client: RedisClient,
  script: Script,
  calls: readonly ScriptCall[],
): Promise<PromiseSettledResult<unknown>[]> {
  const [first] = calls;
  if (client instanceof Cluster || calls.length < 2 || !first) {
    return Promise.allSettled(calls.map(({ keys, args }) => runScript(client, script, keys, args)));
  }
  const pipeline = client.pipeline();
  for (const { keys, args } of calls) pipeline.evalsha(script.sha, keys.length, ...keys, ...args);
  const replies = (await pipeline.exec()) ?? [];
  return Promise.all(
    calls.map(async ({ keys, args }, at): Promise<PromiseSettledResult<unknown>> => {
      const [error, value] = replies[at] ?? [new Error('no reply')];
      if (!error) return { status: 'fulfilled', value };
      if (!error.message.startsWith('NOSCRIPT')) return { status: 'rejected', reason: error };
      return (await Promise.allSettled([runScript(client, script, keys, args)]))[0];
    }),
  );
}
