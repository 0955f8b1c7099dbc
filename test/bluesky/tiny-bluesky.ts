/** A Bluesky as small as a test needs: AppView, directory and everybody's server at one loopback address. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cidOf } from '../../queues/index.ts';
import { tidAt } from '../../src/bluesky/tid.ts';

export interface TinyBluesky {
  url: string;
  env: Record<string, string>;
  /** Names by DID; `gone`: what getProfile answers in place of a profile. */
  people: Map<
    string,
    { displayName: string; handle: string; avatar?: string; labels?: object[]; gone?: string }
  >;
  /** By uri. `isHidden`: the AppView does not show it. */
  posts: Map<
    string,
    { did: string; rkey: string; record: object; isHidden?: boolean; labels?: object[]; embed?: object }
  >;
  /** Methods that were called, with their arguments. */
  calls: { method: string; names: string[] }[];
  called(method: string): number;
  /** Answers everything in place of the truth. */
  fault: { status: number; body: string; headers?: Record<string, string> } | undefined;
  publish(did: string, record: object, ms: number): string;
  stop(): void;
}

export async function startTinyBluesky(): Promise<TinyBluesky> {
  const server = createServer((req, res) => {
    const { pathname, searchParams: query } = new URL(req.url!, tiny.url);
    const method = pathname.split('/').at(-1)!.split('.').at(-1)!;
    const names = [
      ...query.getAll('actors'),
      ...query.getAll('uris'),
      ...query.getAll('repo'),
      ...query.getAll('actor'),
    ];
    tiny.calls.push({ method, names });
    if (tiny.fault) return res.writeHead(tiny.fault.status, tiny.fault.headers).end(tiny.fault.body);
    const { status, json } = answer(method, names, query, decodeURIComponent(pathname.slice(1)));
    return res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tiny: TinyBluesky = {
    url,
    env: { BLUESKY_API_URL: url, PLC_URL: url },
    people: new Map(),
    posts: new Map(),
    calls: [],
    called: (method) => tiny.calls.filter((call) => call.method === method).length,
    fault: undefined,
    publish(did, record, ms) {
      const rkey = tidAt(ms);
      const uri = `at://${did}/app.bsky.feed.post/${rkey}`;
      tiny.posts.set(uri, { did, rkey, record });
      return uri;
    },
    stop: () => server.close().closeAllConnections(),
  };
  const profile = (did: string) => ({ did, ...tiny.people.get(did)!, gone: undefined });
  const isThere = (did: string) => tiny.people.has(did) && !tiny.people.get(did)!.gone;
  const view = ([uri, { did, record, labels, embed }]: [
    string,
    TinyBluesky['posts'] extends Map<string, infer V> ? V : never,
  ]) => ({
    uri,
    cid: cidOf(record),
    author: profile(did),
    record,
    labels,
    embed,
  });
  function answer(
    method: string,
    names: string[],
    query: URLSearchParams,
    did: string,
  ): { status: number; json: unknown } {
    const ok = (json: unknown) => ({ status: 200, json });
    switch (method) {
      case 'getProfiles':
        return ok({ profiles: names.filter(isThere).map(profile) });
      case 'getProfile':
        return isThere(names[0]!)
          ? ok(profile(names[0]!))
          : { status: 400, json: { error: tiny.people.get(names[0]!)?.gone ?? 'InvalidRequest' } };
      case 'getPosts': {
        const shown = [...tiny.posts].filter(
          ([uri, post]) => names.includes(uri) && !post.isHidden && isThere(post.did),
        );
        return ok({ posts: shown.map(view) });
      }
      case 'listRecords': {
        const own = [...tiny.posts].filter(
          ([, post]) => post.did === names[0] && post.rkey < (query.get('cursor') ?? '~'),
        );
        const sorted = own
          .toSorted(([, a], [, b]) => (a.rkey < b.rkey ? 1 : -1))
          .slice(0, Number(query.get('limit')));
        return ok({
          records: sorted.map(([uri, { record }]) => ({ uri, cid: cidOf(record), value: record })),
        });
      }
      case 'getAuthorFeed':
        return ok({
          feed: [...tiny.posts]
            .filter(([, post]) => post.did === names[0] && !post.isHidden && isThere(post.did))
            .map((post) => ({ post: view(post) })),
        });
      default:
        return ok({
          id: did,
          service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: tiny.url }],
        });
    }
  }
  return tiny;
}
