/** Our Lua scripts: loaded from a file, called by EVALSHA. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Cluster } from 'ioredis';
import type { RedisClient } from './connections.ts';

export interface Script {
  text: string;
  sha: string;
}

/** `includes` are prepended: code shared by several scripts. */
export function loadScript(file: URL, ...includes: URL[]): Script {
  const text = [...includes, file].map((part) => readFileSync(part, 'utf8')).join('\n');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Prepended to scripts that call wrongType(). */
export const keyTypes = new URL('key-types.lua', import.meta.url);

export type ScriptArg = string | number;

/** EVALSHA, with EVAL as the fallback on NOSCRIPT (a new or restarted server). */
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

/** Many calls of one script; pipelined unless on a Cluster. One result or error a call, in order. */
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
