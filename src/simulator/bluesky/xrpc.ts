/** The calls of Bluesky's AppView and of an author's server that the product uses, with their limits and errors. */
import { feedView } from './feed-view.ts';
import { splitUri } from './repositories.ts';
import { detailedProfileView, isThere, type Network, postView } from './views.ts';

/** Answered with HTTP 400 and `{error, message}`. */
export class XrpcError extends Error {
  override name = 'XrpcError';
  readonly error: string;
  readonly status: number;
  constructor(error: string, message: string, status = 400) {
    super(message);
    this.error = error;
    this.status = status;
  }
}

const DID = /^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$/;
const HANDLE = /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z]([a-z\d-]{0,61}[a-z\d])?$/i;
const AT_URI = /^at:\/\/[^/?#\s]+\/[a-zA-Z][a-zA-Z\d.-]+\/[A-Za-z\d._~:-]{1,512}$/;
const isActor = (text: string): boolean => DID.test(text) || HANDLE.test(text);
const MOST_AT_ONCE = 25;

const invalid = (message: string): XrpcError => new XrpcError('InvalidRequest', message);

/** A method's parameters, checked as its lexicon says. */
export class Params {
  private readonly query: URLSearchParams;
  constructor(query: URLSearchParams) {
    this.query = query;
  }

  optional(name: string): string | undefined {
    return this.query.get(name) ?? undefined;
  }

  required(name: string): string {
    const value = this.query.get(name);
    if (value === null) throw invalid(`Error: Params must have the property "${name}"`);
    return value;
  }

  actor(name: string): string {
    const actor = this.required(name);
    if (!isActor(actor)) throw invalid(`Error: ${name} must be a valid did or a handle`);
    return actor;
  }

  did(name: string): string {
    const did = this.required(name);
    if (!DID.test(did)) throw invalid(`Error: ${name} must be a valid did`);
    return did;
  }

  list(name: string, is: (text: string) => boolean, form: string): string[] {
    const values = [...this.query.getAll(name), ...this.query.getAll(`${name}[]`)];
    if (values.length === 0) this.required(name);
    if (values.length > MOST_AT_ONCE)
      throw invalid(`Error: ${name} must not have more than ${MOST_AT_ONCE} elements`);
    const wrong = values.findIndex((value) => !is(value));
    if (wrong >= 0) throw invalid(`Error: ${name}/${wrong} must be ${form}`);
    return values;
  }

  limit(): number {
    const text = this.optional('limit') ?? '50';
    const limit = Number(text);
    if (!Number.isInteger(limit)) throw invalid('Error: limit must be an integer');
    if (limit < 1) throw invalid('Error: limit can not be less than 1');
    if (limit > 100) throw invalid('Error: limit can not be greater than 100');
    return limit;
  }
}

export type Method = (params: Params) => Record<string, unknown>;

/** By NSID. */
export function xrpcMethods(network: Network): Record<string, Method> {
  const { accounts, repositories } = network;

  /** DID of a repository that its server shows. */
  function repo(params: Params): string {
    const did = accounts.didOf(params.actor('repo'));
    if (!did || !isThere(network, did)) throw invalid(`Could not find repo: ${params.required('repo')}`);
    return did;
  }

  return {
    'app.bsky.actor.getProfiles': (params) => ({
      profiles: params.list('actors', isActor, 'a valid did or a handle').flatMap((actor) => {
        const did = accounts.didOf(actor);
        return did && isThere(network, did) ? [detailedProfileView(network, did)] : [];
      }),
    }),

    'app.bsky.actor.getProfile': (params) => {
      const did = accounts.didOf(params.actor('actor'));
      const status = did && accounts.profile(did) ? accounts.status(did) : 'deleted';
      if (status === 'takendown' || status === 'suspended')
        throw new XrpcError('AccountTakedown', 'Account has been suspended');
      if (status === 'deactivated') throw new XrpcError('AccountDeactivated', 'Account is deactivated');
      if (!did || status === 'deleted') throw invalid('Profile not found');
      return detailedProfileView(network, did);
    },

    'app.bsky.feed.getPosts': (params) => ({
      posts: params
        .list('uris', (uri) => AT_URI.test(uri), 'a valid at-uri')
        .flatMap((uri) => postView(network, uri) ?? []),
    }),

    'app.bsky.feed.getAuthorFeed': (params) => {
      const did = accounts.didOf(params.actor('actor'));
      if (!did || !isThere(network, did)) throw invalid('Profile not found');
      return feedView(network, did, { limit: params.limit(), cursor: params.optional('cursor') });
    },

    'com.atproto.repo.listRecords': (params) => {
      const [did, limit, cursor] = [repo(params), params.limit(), params.optional('cursor')];
      const isPosts = params.required('collection') === 'app.bsky.feed.post';
      const ascending = params.optional('reverse') === 'true';
      const found = isPosts
        ? repositories.list(did, { limit, ascending, ...(cursor !== undefined && { cursor }) })
        : [];
      const records = found.map(({ uri, cid, value }) => ({ uri, cid, value }));
      return { records, ...(found.length > 0 && { cursor: found.at(-1)!.rkey }) };
    },

    'com.atproto.repo.getRecord': (params) => {
      const uri = `at://${repo(params)}/${params.required('collection')}/${params.required('rkey')}`;
      const record = splitUri(uri).collection === 'app.bsky.feed.post' ? repositories.find(uri) : undefined;
      if (!record || (params.optional('cid') ?? record.cid) !== record.cid)
        throw new XrpcError('RecordNotFound', `Could not locate record: ${uri}`);
      return { uri, cid: record.cid, value: record.value };
    },

    'com.atproto.sync.getRepoStatus': (params) => {
      const did = params.did('did');
      const status = accounts.status(did);
      if (!accounts.profile(did)) throw new XrpcError('RepoNotFound', `Could not find repo for DID: ${did}`);
      return status === 'active'
        ? { did, active: true, rev: '3lbnkhq22222a' }
        : { did, active: false, status };
    },
  };
}
