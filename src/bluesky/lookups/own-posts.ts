/** Posts that were delivered and whose record key is known: whether Bluesky still shows them, and if not, why. */
import type { OwnPost as Asked } from '../../../queues/index.ts';
import type { Bluesky } from '../bluesky.ts';
import type { Outcome } from '../http/calls.ts';
import type { OwnPost, QuoteState, Why } from '../known/entries.ts';
import { keyOf, uriOf } from '../record-key.ts';
import { isTid, tidAfter } from '../tid.ts';
import type { PostView } from '../wire.ts';

/** For a post that Bluesky shows. A merely claimed record key must lead to the record that arrived here. */
export function seen({ rkey, cid }: Asked, view: PostView, before: OwnPost | undefined, at: number): OwnPost {
  if (cid !== undefined && view.cid !== cid && !before?.wasSeen) return { at, wrongKey: rkey };
  const labels = view.labels.slice(0, 20).map(({ val, src }) => ({ val, src }));
  const quote = quoteState(view.embed);
  return { at, rkey, wasSeen: true, ...(labels.length && { labels }), ...(quote && { quote }) };
}

/** Bluesky no longer shows it. A post that it never showed may not have arrived there yet. */
export async function unseen(
  { rkey, did }: Asked,
  before: OwnPost | undefined,
  at: number,
  whyOf: (did: string, rkey: string) => Promise<Why>,
): Promise<OwnPost> {
  if (!before?.wasSeen) return { at, rkey };
  const isKnown = before.gone !== undefined && before.gone.why !== 'unknown';
  const why = isKnown ? before.gone!.why : await whyOf(did, rkey);
  return { ...before, at, rkey, gone: { at: before.gone?.at ?? at, why } };
}

const hidden: Record<string, QuoteState> = {
  'app.bsky.embed.record#viewNotFound': 'not_found',
  'app.bsky.embed.record#viewBlocked': 'blocked',
  'app.bsky.embed.record#viewDetached': 'detached',
};

function quoteState(embed: unknown): QuoteState | undefined {
  const { record } = (embed ?? {}) as { record?: { $type?: unknown; record?: { $type?: unknown } } };
  return hidden[String(record?.$type)] ?? hidden[String(record?.record?.$type)];
}

const ofRepository: Record<string, Why> = {
  deleted: 'deleted',
  deactivated: 'deactivated',
  takendown: 'taken_down',
  suspended: 'taken_down',
};

/** Asks for the author, and then on the author's own server. */
export async function whyWithdrawn(
  bluesky: Bluesky,
  serverOf: (did: string) => Promise<Outcome<string | undefined>>,
  did: string,
  rkey: string,
): Promise<Why> {
  const profile = await bluesky.profile(did);
  if ('failed' in profile) return 'unknown';
  if ('gone' in profile && profile.gone === 'AccountTakedown') return 'taken_down';
  if ('gone' in profile && profile.gone === 'AccountDeactivated') return 'deactivated';
  const server = await serverOf(did);
  const isListed = 'ok' in profile;
  // The DID no longer exists.
  if ('gone' in server) return isListed ? 'unknown' : 'deleted';
  if ('failed' in server || server.ok === undefined) return 'unknown';
  if (isListed) return (await isInRepository(bluesky, server.ok, did, rkey)) ?? 'unknown';
  const status = await bluesky.repoStatus(server.ok, did);
  if ('failed' in status) return 'unknown';
  return 'gone' in status ? 'deleted' : (ofRepository[status.ok.status ?? ''] ?? 'unknown');
}

/** Still in the author's repository, so the author did not withdraw it. */
async function isInRepository(
  bluesky: Bluesky,
  server: string,
  did: string,
  rkey: string,
): Promise<Why | undefined> {
  if (!isTid(rkey)) return undefined;
  const listed = await bluesky.records(server, did, { cursor: tidAfter(rkey), limit: 1 });
  if (!('ok' in listed) || !listed.ok.isWhole) return undefined;
  return listed.ok.found.some(({ uri }) => keyOf(uri, did) === rkey) ? 'taken_down' : 'deleted';
}

export const uriOfOwn = ({ did, rkey }: Asked): string => uriOf(did, rkey);
/** The names to read before. */
export const ownNames = (posts: readonly { identity: string }[]) =>
  posts.map(({ identity }) => `own:${identity}` as const);
