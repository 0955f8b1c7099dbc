/** Which posts an inbox contains; used by the audit. */
import type { RedisClient } from '../../redis/connections.ts';
import { encodeName, inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScripts } from '../../redis/scripts.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('presence.lua'), here('../removed.lua'));

/** For each (subscriber, identity), in order: whether the post is there, or was until a limit removed it. */
export async function arePresent(
  client: RedisClient,
  wanted: readonly { subscriber: string; identity: string }[],
): Promise<boolean[]> {
  const replies = await runScripts(
    client,
    script,
    wanted.map(({ subscriber, identity }) => {
      const { items, seen, gone, state, removed } = inboxKeys(encodeName(subscriber) ?? '');
      return { keys: [items, seen, gone, state, removed], args: [identity] };
    }),
  );
  return replies.map((reply) => {
    if (reply.status === 'fulfilled') return (reply.value as number[])[0] === 1;
    if (String(reply.reason).includes('WRONGTYPE')) return false;
    throw reply.reason;
  });
}
