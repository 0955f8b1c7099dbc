/** Our Lua scripts: loaded from a file, called by EVALSHA. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Cluster } from 'ioredis';
import type { RedisClient } from './connections.ts';
import { slotOf } from './slots.ts';

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

/** Errors that say that a call did not run there, or not yet: by itself it is sent again, and follows redirections. */
const NOT_RUN = /^(NOSCRIPT|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|All keys in the pipeline)\b/;

/** Many calls of one script; pipelined, on a Cluster one pipeline a node. One result or error a call, in order. */
export async function runScripts(
  client: RedisClient,
  script: Script,
  calls: readonly ScriptCall[],
): Promise<PromiseSettledResult<unknown>[]> {
  if (calls.length < 2)
    return Promise.allSettled(calls.map((call) => runScript(client, script, call.keys, call.args)));
  if (!(client instanceof Cluster)) return pipelined(client, script, calls);
  const results: PromiseSettledResult<unknown>[] = [];
  await Promise.all(
    [...byNode(client, calls)].map(async (places) => {
      const some = await pipelined(
        client,
        script,
        places.map((at) => calls[at]!),
      );
      for (const [n, at] of places.entries()) results[at] = some[n]!;
    }),
  );
  return results;
}

async function pipelined(
  client: RedisClient,
  script: Script,
  calls: readonly ScriptCall[],
): Promise<PromiseSettledResult<unknown>[]> {
  const pipeline = client.pipeline();
  for (const { keys, args } of calls) pipeline.evalsha(script.sha, keys.length, ...keys, ...args);
  const none = (error: Error) => calls.map((): [Error, undefined] => [error, undefined]);
  const replies = (await pipeline.exec().catch(none)) ?? [];
  return Promise.all(
    calls.map(async ({ keys, args }, at): Promise<PromiseSettledResult<unknown>> => {
      const [error, value] = replies[at] ?? [new Error('no reply')];
      if (!error) return { status: 'fulfilled', value };
      if (!NOT_RUN.test(error.message)) return { status: 'rejected', reason: error };
      return (await Promise.allSettled([runScript(client, script, keys, args)]))[0];
    }),
  );
}

/** Places in `calls`, by the nodes that serve the slot of the first key. */
function byNode({ slots }: Cluster, calls: readonly ScriptCall[]): Iterable<number[]> {
  const groups = new Map<string, number[]>();
  for (const [at, { keys }] of calls.entries()) {
    const nodes = slots[slotOf(keys[0]!)]?.join() ?? '';
    const group = groups.get(nodes);
    if (group) group.push(at);
    else groups.set(nodes, [at]);
  }
  return groups.values();
}
