/** Bluesky as lookups see it: the AppView for people and posts, the directory of DIDs, and the servers of authors. */
import type { Calls, Outcome } from './http/calls.ts';
import {
  didDocumentSchema,
  feedSchema,
  type ListedRecord,
  type PostView,
  type Profile,
  postsSchema,
  profileSchema,
  profilesSchema,
  recordsSchema,
  repoStatusSchema,
  type Some,
} from './wire.ts';

/** Most arguments in one call. */
export const AT_ONCE = 25;
/** The second way to find a record key must not delay names: it runs only if there is room. */
const SECOND_WAY_PATIENCE_MS = 600;
const POSTS = 'app.bsky.feed.post';

export interface Bluesky {
  /** At most 25. Missing from the answer: deleted, deactivated, taken down or unknown. */
  profiles(dids: readonly string[]): Promise<Outcome<Some<Profile>>>;
  /** `gone`: AccountTakedown, AccountDeactivated, InvalidRequest (deleted or unknown). */
  profile(did: string): Promise<Outcome<Profile>>;
  /** At most 25. Missing from the answer: deleted, taken down, by an inactive author, or not indexed. */
  posts(uris: readonly string[]): Promise<Outcome<Some<PostView>>>;
  /** Posts of this author, up to a time, newest first. */
  feedUntil(did: string, untilMs: number): Promise<Outcome<Some<PostView>>>;
  /** `gone`: there is no such DID. `undefined`: it has no server. */
  serverOf(did: string): Promise<Outcome<string | undefined>>;
  /** An author's posts on their own server, newest first, before `cursor` (a record key). */
  records(
    server: string,
    did: string,
    /** `patienceMs`: how long it may wait for its turn. */
    page: { cursor?: string | undefined; limit: number; patienceMs?: number | undefined },
  ): Promise<Outcome<Some<ListedRecord>>>;
  repoStatus(server: string, did: string): Promise<Outcome<{ active: boolean; status?: string | undefined }>>;
}

export function createBluesky(calls: Calls, { apiUrl, plcUrl }: { apiUrl: string; plcUrl: string }): Bluesky {
  const xrpc = (method: string) => `/xrpc/${method}`;
  return {
    async profiles(actors) {
      const path = xrpc('app.bsky.actor.getProfiles');
      return map(await calls.get('appview', apiUrl, path, { actors }, profilesSchema), (all) => all.profiles);
    },
    profile: (actor) =>
      calls.get('appview', apiUrl, xrpc('app.bsky.actor.getProfile'), { actor }, profileSchema),
    async posts(uris) {
      const path = xrpc('app.bsky.feed.getPosts');
      return map(await calls.get('appview', apiUrl, path, { uris }, postsSchema), (all) => all.posts);
    },
    async feedUntil(actor, untilMs) {
      const cursor = new Date(untilMs).toISOString();
      const query = { actor, limit: '10', cursor, filter: 'posts_with_replies' };
      const path = xrpc('app.bsky.feed.getAuthorFeed');
      const found = await calls.get('appview', apiUrl, path, query, feedSchema, SECOND_WAY_PATIENCE_MS);
      return map(found, (all) => all.feed);
    },
    async serverOf(did) {
      const place = documentOf(did, plcUrl);
      if (!place) return { gone: 'neither did:plc nor did:web' };
      const document = await calls.get(place.kind, place.base, place.path, {}, didDocumentSchema);
      return map(document, ({ id, pds }) => (id === did && pds !== undefined ? originOf(pds) : undefined));
    },
    async records(server, repo, { cursor, limit, patienceMs }) {
      const query = {
        repo,
        collection: POSTS,
        limit: String(limit),
        ...(cursor !== undefined && { cursor }),
      };
      const found = await calls.get(
        'pds',
        server,
        xrpc('com.atproto.repo.listRecords'),
        query,
        recordsSchema,
        patienceMs,
      );
      return map(found, (all) => all.records);
    },
    repoStatus: (server, did) =>
      calls.get('pds', server, xrpc('com.atproto.sync.getRepoStatus'), { did }, repoStatusSchema),
  };
}

function map<From, To>(outcome: Outcome<From>, change: (value: From) => To): Outcome<To> {
  return 'ok' in outcome ? { ok: change(outcome.ok) } : outcome;
}

/** did:web names a host and nothing else. */
const web = /^did:web:([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i;

function documentOf(did: string, plcUrl: string) {
  if (/^did:plc:[a-zA-Z0-9]{1,100}$/.test(did))
    return { kind: 'plc', base: plcUrl, path: `/${did}` } as const;
  const host = web.exec(did)?.[1];
  if (host) return { kind: 'pds', base: `https://${host}`, path: '/.well-known/did.json' } as const;
  return undefined;
}

/** Origin only. Whether a call may go there is checked at the call. */
const originOf = (endpoint: string): string | undefined =>
  URL.canParse(endpoint) && /^https?:/i.test(endpoint) ? new URL(endpoint).origin : undefined;
