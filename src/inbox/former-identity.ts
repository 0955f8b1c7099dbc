/**
 * In earlier versions a uri with a record key was the identity of its post, so inboxes have posts under it. But an author can choose the uri:
 * the post is the same only if author and record are. Only posts without their current identity are examined.
 */
import type { Delivery } from '../../processors/index.ts';
import { type Match, parseJson, parseMatch } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { encodeName, inboxKeys, postKey } from '../redis/keys.ts';
import { loadScript, runScripts } from '../redis/scripts.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const script = loadScript(here('former-identity.lua'), here('item.lua'), here('removed.lua'));

/** Each may return a whole post. */
const LOOK_AT_ONCE = 20;

export interface Wanted {
  subscriber: string;
  match: Match;
}
type Standing = 'item' | 'removed' | undefined;
type Found = '' | 'removed' | [post: string, identity: string];

/** What each inbox has of this post under its former identity, in order. */
export async function standingByFormer(client: RedisClient, wanted: readonly Wanted[]): Promise<Standing[]> {
  const standing: Standing[] = [];
  for (let at = 0; at < wanted.length; at += LOOK_AT_ONCE) {
    const some = wanted.slice(at, at + LOOK_AT_ONCE);
    const calls = some.map(({ subscriber, match }) => {
      const { items, seen, gone, state, removed } = inboxKeys(encodeName(subscriber) ?? '');
      return { keys: [items, seen, gone, state, removed], args: [match.formerIdentity ?? ''] };
    });
    const replies = await runScripts(client, script, calls);
    const judged = replies.map(async (reply, n) => {
      if (reply.status === 'fulfilled') return judge(client, some[n]!.match, (reply.value as [Found])[0]);
      if (String(reply.reason).includes('WRONGTYPE')) return undefined;
      throw reply.reason;
    });
    standing.push(...(await Promise.all(judged)));
  }
  return standing;
}

async function judge(client: RedisClient, match: Match, found: Found): Promise<Standing> {
  if (found === '') return undefined;
  if (found === 'removed') return isOwnUri(match) ? 'removed' : undefined;
  const [post, identity] = found;
  const body = post || (await client.get(postKey(identity)));
  if (!body) return isOwnUri(match) ? 'item' : undefined;
  return identityOf(body) === match.identity ? 'item' : undefined;
}

function identityOf(postJson: string): string | undefined {
  const parsed = parseMatch(`{"subscription_id":"any","post":${postJson}}`);
  return 'match' in parsed ? parsed.match.identity : undefined;
}

/** If the text is gone and cannot be compared: a uri that names the author itself cannot keep out anybody else's post. */
function isOwnUri({ postJson }: Match): boolean {
  const { uri, author } = parseJson(postJson) as { uri: string; author: string };
  return uri.startsWith(`at://${author}/`);
}

/**
 * Handles deliveries of posts that an inbox has under their former identity: `put` adds them to the item. Returns the others, in order.
 * A delivery whose item went meanwhile has no result, and is not returned: a limit may have removed it, so it must be checked again.
 */
export async function settleByFormer(
  client: RedisClient,
  deliveries: readonly Delivery[],
  put: (deliveries: readonly Delivery[]) => Promise<void>,
): Promise<Delivery[]> {
  const open = deliveries.filter(({ match }) => match.formerIdentity !== undefined);
  if (open.length === 0) return [...deliveries];
  const standing = await standingByFormer(client, open);
  const known: { delivery: Delivery; byFormer: Delivery }[] = [];
  for (const [at, delivery] of open.entries()) {
    if (standing[at] === 'removed') delivery.result = 'duplicate';
    if (standing[at] !== 'item') continue;
    const match = { ...delivery.match, identity: delivery.match.formerIdentity!, formerIdentity: undefined };
    known.push({ delivery, byFormer: { ...delivery, match, result: undefined } });
  }
  await put(known.map(({ byFormer }) => byFormer));
  for (const { delivery, byFormer } of known) delivery.result = byFormer.result;
  const settled = new Set(open.filter((_, at) => standing[at] !== undefined));
  return deliveries.filter((delivery) => !settled.has(delivery));
}
