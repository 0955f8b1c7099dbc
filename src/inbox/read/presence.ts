/** Which posts an inbox contains; used by the audit. */
import type { RedisClient } from '../../redis/connections.ts';
import { encodeName, inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScripts } from '../../redis/scripts.ts';
import { standingByFormer, type Wanted } from '../former-identity.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('presence.lua'), here('../removed.lua'));

/** For each match, in order: whether the post is in the inbox, or was before a limit removed it. */
export async function arePresent(client: RedisClient, wanted: readonly Wanted[]): Promise<boolean[]> {
  const present = await areThere(client, wanted);
  const open = wanted.filter(({ match }, at) => !present[at] && match.formerIdentity !== undefined);
  const byFormer = new Map(
    (await standingByFormer(client, open)).map((standing, at) => [open[at]!, standing]),
  );
  return wanted.map((one, at) => present[at] || byFormer.get(one) !== undefined);
}

async function areThere(client: RedisClient, wanted: readonly Wanted[]): Promise<boolean[]> {
  const replies = await runScripts(
    client,
    script,
    wanted.map(({ subscriber, match }) => {
      const { items, seen, gone, state, removed } = inboxKeys(encodeName(subscriber) ?? '');
      return { keys: [items, seen, gone, state, removed], args: [match.identity] };
    }),
  );
  return replies.map((reply) => {
    if (reply.status === 'fulfilled') return (reply.value as number[])[0] === 1;
    if (String(reply.reason).includes('WRONGTYPE')) return false;
    throw reply.reason;
  });
}
