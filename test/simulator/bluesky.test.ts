import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cidOf } from '../../queues/index.ts';
import { type MadeUpBluesky, startMadeUpBluesky } from '../../src/simulator/bluesky/server.ts';
import { fromRkey, toRkey } from '../../src/simulator/identifiers.ts';
import { createWorld, madeUpPosts } from '../../src/simulator/made-up-posts.ts';
import type { Post } from '../../src/simulator/post.ts';

const world = createWorld(1);
const posts: Post[] = [];
let bluesky: MadeUpBluesky;
beforeAll(async () => {
  bluesky = await startMadeUpBluesky({ seed: 1 });
  for await (const post of bluesky.publish(madeUpPosts(1))) if (posts.push(post) === 400) break;
});
beforeEach(() => bluesky.setFault('*', undefined));
afterAll(() => bluesky.stop());

type Query = Record<string, string | number | readonly string[]>;
function urlOf(nsid: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) params.append(name, String(one));
  }
  return `${bluesky.url}/xrpc/${nsid}?${params.toString()}`;
}
// oxlint-disable-next-line typescript/no-explicit-any -- JSON of many shapes
type Json = any;
async function get(nsid: string, query?: Query): Promise<Json> {
  const response = await fetch(urlOf(nsid, query));
  const answer = (await response.json()) as object;
  return response.ok ? answer : { ...answer, status: response.status };
}
const refused = (error: string, message: string) => ({ error, message, status: 400 });
const getProfiles = (...actors: string[]) => get('app.bsky.actor.getProfiles', { actors });
const getPosts = (...uris: string[]) => get('app.bsky.feed.getPosts', { uris });
const rkey = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1);
const [author, other] = [world.authors[0]!, world.authors[1]!];
const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa';
const byAuthor = () => posts.filter((post) => post.author === author.did);

test('profiles come for DIDs and handles, 25 at most; who is not there is left out', async () => {
  const { profiles } = await getProfiles(author.did, unknown, other.handle);
  expect(profiles.map(({ did }: Json) => did)).toEqual([author.did, other.did]);
  expect(profiles[0]).toMatchObject({
    labels: expect.any(Array),
    avatar: expect.stringMatching(/^https:\/\/cdn\.bsky\.app\/img\/avatar\/plain\/did:plc:.*\/bafkrei/),
  });
  const many = world.authors.slice(0, 26).map(({ did }) => did);
  expect((await getProfiles(...many.slice(1))).profiles.length).toBe(25);
  expect(await getProfiles(...many)).toEqual(
    refused('InvalidRequest', 'Error: actors must not have more than 25 elements'),
  );
  expect(await getProfiles('not a did')).toEqual(
    refused('InvalidRequest', 'Error: actors/0 must be a valid did or a handle'),
  );
  expect((await getProfiles()).error).toBe('InvalidRequest');
});

test('the same seed makes the same people; some have no name, an invalid handle or wish not to be shown', async () => {
  const all: Json[] = [];
  for (let at = 0; at < 2_000; at += 25)
    all.push(...(await getProfiles(...world.authors.slice(at, at + 25).map(({ did }) => did))).profiles);
  expect(all.filter(({ displayName }) => displayName === undefined).length).toBeGreaterThan(20);
  expect(all.filter(({ handle }) => handle === 'handle.invalid').length).toBeGreaterThan(3);
  expect(
    all.filter(({ labels, did }) => labels[0]?.val === '!no-unauthenticated' && labels[0].src === did).length,
  ).toBeGreaterThan(10);
  const again = await startMadeUpBluesky({ seed: 1 });
  const url = urlOf('app.bsky.actor.getProfiles', { actors: [author.did] });
  const profile = (await (await fetch(url.replace(bluesky.url, again.url))).json()) as Json;
  expect(profile.profiles).toEqual([all[0]]);
  await again.stop();
});

test.each([
  ['deactivated', 'AccountDeactivated', 'Account is deactivated'],
  ['takendown', 'AccountTakedown', 'Account has been suspended'],
  ['suspended', 'AccountTakedown', 'Account has been suspended'],
  ['deleted', 'InvalidRequest', 'Profile not found'],
] as const)(
  'an account that is %s is gone everywhere, and getProfile and getRepoStatus say how; then it is back',
  async (status, error, message) => {
    const { did } = other;
    const uri = posts.find((post) => post.author === did)!.uri;
    bluesky.setAccount(did, status);
    expect(await get('app.bsky.actor.getProfile', { actor: did })).toEqual(refused(error, message));
    expect(await getProfiles(did)).toEqual({ profiles: [] });
    expect(await getPosts(uri)).toEqual({ posts: [] });
    const repo = { repo: did, collection: 'app.bsky.feed.post' };
    expect(await get('com.atproto.repo.listRecords', repo)).toEqual(
      refused('InvalidRequest', `Could not find repo: ${did}`),
    );
    expect(await get('app.bsky.feed.getAuthorFeed', { actor: did })).toEqual(
      refused('InvalidRequest', 'Profile not found'),
    );
    expect(await get('com.atproto.sync.getRepoStatus', { did })).toEqual({ did, active: false, status });
    expect((await fetch(`${bluesky.url}/${did}`)).status).toBe(status === 'deleted' ? 404 : 200);
    bluesky.setAccount(did, 'active');
    expect((await getPosts(uri)).posts[0].cid).toMatch(/^bafyrei/);
    expect(await get('com.atproto.sync.getRepoStatus', { did })).toMatchObject({ did, active: true });
  },
);

test('whoever is unknown is so in the words of each call', async () => {
  expect(await get('app.bsky.actor.getProfile', { actor: unknown })).toEqual(
    refused('InvalidRequest', 'Profile not found'),
  );
  expect((await get('com.atproto.sync.getRepoStatus', { did: unknown })).error).toBe('RepoNotFound');
  expect(
    (await get('com.atproto.repo.getRecord', { repo: unknown, collection: 'a.b.c', rkey: 'x' })).message,
  ).toContain('Could not find repo');
  const response = await fetch(`${bluesky.url}/${unknown}`);
  expect([response.status, await response.json()]).toEqual([
    404,
    { message: `DID not registered: ${unknown}` },
  ]);
  expect((await get('app.bsky.feed.searchPosts')).status).toBe(501);
});

test('posts come with author, record and CID, also those of an earlier run; removed ones are left out until they are restored', async () => {
  const [first, second] = posts as [Post, Post];
  const earlier = world.postAt(Date.parse('2023-12-01T00:00:00.500Z'), 77_777);
  const { posts: found } = await getPosts(first.uri, second.uri, earlier.uri);
  expect(found.map(({ cid }: Json) => cid)).toEqual(
    [first, second, earlier].map(({ raw_record }) => cidOf(raw_record)),
  );
  expect(found[0]).toMatchObject({
    uri: first.uri,
    record: first.raw_record,
    author: { did: first.author },
    labels: expect.any(Array),
  });
  bluesky.remove(first.uri);
  expect((await getPosts(first.uri, second.uri)).posts.map(({ uri }: Json) => uri)).toEqual([second.uri]);
  bluesky.restore(first.uri);
  expect((await getPosts(first.uri)).posts.length).toBe(1);
  const forged = first.uri.replace(first.author, second.author);
  if (first.author !== second.author) expect((await getPosts(forged)).posts).toEqual([]);
  expect(await getPosts(first.uri, `at://${unknown}/`)).toEqual(
    refused('InvalidRequest', 'Error: uris/1 must be a valid at-uri'),
  );
});

const embedOf = async ({ uri }: Post): Promise<Json> => (await getPosts(uri)).posts[0].embed;
const withEmbed = (kind: string): Post[] =>
  posts.filter(({ raw_record }) => (raw_record.embed as Json)?.$type === `app.bsky.embed.${kind}`);

test('a quote is shown whole, or why it is not', async () => {
  const quoting = withEmbed('record').filter(({ raw_record }) =>
    world.postOf((raw_record.embed as Json).record.uri),
  );
  const [post, gone] = quoting as [Post, Post];
  const quoted = (raw: Post) => (raw.raw_record.embed as Json).record;
  const { record } = await embedOf(post);
  expect(record).toMatchObject({
    $type: 'app.bsky.embed.record#viewRecord',
    ...quoted(post),
    value: { $type: 'app.bsky.feed.post' },
  });
  expect(cidOf(record.value)).toBe(quoted(post).cid);
  bluesky.remove(quoted(gone).uri);
  expect((await embedOf(gone)).record).toEqual({
    $type: 'app.bsky.embed.record#viewNotFound',
    uri: quoted(gone).uri,
    notFound: true,
  });
  bluesky.restore(quoted(gone).uri);
  for (const how of ['blocked', 'detached'] as const) {
    bluesky.refuseQuote(post.uri, how);
    expect((await embedOf(post)).record[how]).toBe(true);
  }
});

function galleryPost(): Post {
  for (const post of madeUpPosts(1)) {
    if ((post.raw_record.embed as Json)?.items) return post;
  }
  throw new Error('unreachable');
}

test('media are shown at the addresses of the CDN, which answer here with pictures drawn from the CID', async () => {
  const { items } = await embedOf(galleryPost());
  expect(items.length).toBeGreaterThan(4);
  const here = (url: string): string => bluesky.url + new URL(url).pathname;
  const [thumb, again, full, other] = await Promise.all(
    [items[0].thumbnail, `${items[0].thumbnail}@jpeg`, items[0].fullsize, items[1].thumbnail].map(
      async (url) => {
        const response = await fetch(here(url));
        expect(response.headers.get('content-type')).toBe('image/png');
        return Buffer.from(await response.arrayBuffer());
      },
    ),
  );
  expect(thumb!.subarray(1, 4).toString()).toBe('PNG');
  expect(again).toEqual(thumb);
  expect(other).not.toEqual(thumb);
  const width = (png: Buffer): number => png.readUInt32BE(16);
  const ratio = (png: Buffer): number => width(png) / png.readUInt32BE(20);
  expect(width(full!)).toBeGreaterThan(width(thumb!));
  expect(ratio(thumb!)).toBeCloseTo(items[0].aspectRatio.width / items[0].aspectRatio.height, 1);
  const video = await embedOf(withEmbed('video')[0]!);
  expect(video.thumbnail).toMatch(/^https:\/\/video\.bsky\.app\/watch\/did%3Aplc%3A/);
  expect((await fetch(here(video.thumbnail))).status).toBe(200);
  expect((await fetch(here(video.playlist))).status).toBe(404);
  const [{ avatar }] = (await getProfiles(author.did)).profiles;
  expect((await fetch(here(avatar))).status).toBe(200);
  expect((await fetch(`${bluesky.url}/img/avatar/plain/${author.did}/bafkrei`)).status).toBe(404);
});

test('a record is found by its time: listed from a key after it, newest first, proven by its CID; a decoy beside it is not it', async () => {
  const post = byAuthor()[1]!;
  const decoy = bluesky.addDecoy(post);
  const cursor = toRkey(Date.parse(post.raw_record.createdAt as string) + 60_000, 0);
  const { records } = await get('com.atproto.repo.listRecords', {
    repo: author.did,
    collection: 'app.bsky.feed.post',
    limit: 25,
    cursor,
  });
  const cid = cidOf(post.raw_record);
  expect(records.filter((record: Json) => record.cid === cid).map(({ uri }: Json) => uri)).toEqual([
    post.uri,
  ]);
  const same = records.filter(
    ({ value }: Json) => value.text === post.text && value.createdAt === post.raw_record.createdAt,
  );
  expect(same.map(({ uri }: Json) => uri).sort()).toEqual([post.uri, decoy].sort());
  bluesky.remove(decoy);
});

test.each([
  ['', 'descending'],
  ['true', 'ascending'],
])('pages of a repository hold every record once (%s%s)', async (reverse) => {
  const listed: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = {
      repo: author.did,
      collection: 'app.bsky.feed.post',
      limit: 2,
      reverse,
      ...(cursor && { cursor }),
    };
    const page = await get('com.atproto.repo.listRecords', query);
    listed.push(...page.records.map(({ uri }: Json) => uri));
    if (page.cursor === undefined) break;
    cursor = page.cursor;
  }
  const expected = byAuthor().map(({ uri }) => uri);
  const others = listed.filter((uri) => !expected.includes(uri));
  expect(others.length).toBeLessThan(2);
  expect(listed.filter((uri) => expected.includes(uri))).toEqual(reverse ? expected : expected.toReversed());
  expect(
    (
      await get('com.atproto.repo.listRecords', {
        repo: author.did,
        collection: 'app.bsky.feed.post',
        limit: 101,
      })
    ).message,
  ).toBe('Error: limit can not be greater than 100');
});

test('a single record is there by its key, and with its CID alone', async () => {
  const { uri, raw_record } = byAuthor()[0]!;
  const query = { repo: author.did, collection: 'app.bsky.feed.post', rkey: rkey(uri) };
  const cid = cidOf(raw_record)!;
  expect(await get('com.atproto.repo.getRecord', { ...query, cid })).toEqual({ uri, cid, value: raw_record });
  expect((await get('com.atproto.repo.getRecord', { ...query, cid: cidOf({ uri })! })).error).toBe(
    'RecordNotFound',
  );
  expect((await get('com.atproto.repo.getRecord', { ...query, rkey: 'nothing' })).error).toBe(
    'RecordNotFound',
  );
});

test("a person's feed goes back from a time, with parents; a cursor of two colons gives an empty page", async () => {
  const post = byAuthor().at(-1)!;
  const cursor = new Date(Date.parse(post.raw_record.createdAt as string) + 1).toISOString();
  const { feed } = await get('app.bsky.feed.getAuthorFeed', { actor: author.did, limit: 10, cursor });
  expect(feed[0].post).toMatchObject({ uri: post.uri, cid: cidOf(post.raw_record) });
  for (const item of feed) expect(Boolean(item.reply)).toBe(Boolean(item.post.record.reply) && !item.reason);
  expect(await get('app.bsky.feed.getAuthorFeed', { actor: author.did, cursor: '1::2' })).toEqual({
    feed: [],
  });
});

test('plc.directory names this server as the home of every author', async () => {
  const document = (await (await fetch(`${bluesky.url}/${author.did}`)).json()) as Json;
  expect(document).toMatchObject({ id: author.did, alsoKnownAs: [`at://${author.handle}`] });
  expect(document.service).toEqual([
    { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: bluesky.url },
  ]);
});

test('profiles and labels are as a test sets them: markup, bidi, NUL, labels of the labeler', async () => {
  const { did } = world.authors[5]!;
  const displayName = '<script>alert(1)</script>\u202eevil\u0000';
  bluesky.setProfile(did, { displayName, avatar: 'https://evil.example/a.png', handle: 'handle.invalid' });
  bluesky.setLabel(did, '!hide');
  const [profile] = (await getProfiles(did)).profiles;
  expect(profile).toMatchObject({
    displayName,
    avatar: 'https://evil.example/a.png',
    handle: 'handle.invalid',
  });
  expect(profile.labels.at(-1)).toMatchObject({
    val: '!hide',
    src: 'did:plc:ar7c4by46qjdydhdevvrndac',
    uri: did,
  });
  bluesky.setLabel(posts[0]!.uri, 'porn');
  expect((await getPosts(posts[0]!.uri)).posts[0].labels.at(-1).val).toBe('porn');
});

test('every fault, and the calls are counted', async () => {
  const before = bluesky.calls('getProfiles');
  const url = urlOf('app.bsky.actor.getProfiles', { actors: [author.did] });
  const fetched = async () => fetch(url, { redirect: 'manual' });
  bluesky.setFault('getProfiles', { kind: 'rate-limited', retryAfter: 7 });
  const limited = await fetched();
  expect([
    limited.status,
    limited.headers.get('retry-after'),
    ((await limited.json()) as Json).error,
  ]).toEqual([429, '7', 'RateLimitExceeded']);
  bluesky.setFault('getProfiles', { kind: 'error' });
  expect((await fetched()).status).toBe(500);
  bluesky.setFault('getProfiles', { kind: 'garbage' });
  await expect(fetched().then((response) => response.json())).rejects.toThrow(SyntaxError);
  bluesky.setFault('getProfiles', { kind: 'empty' });
  expect(await (await fetched()).json()).toEqual({});
  bluesky.setFault('getProfiles', { kind: 'redirect', location: 'http://127.0.0.1:1/' });
  expect((await fetched()).status).toBe(302);
  bluesky.setFault('getProfiles', { kind: 'reset' });
  await expect(fetched()).rejects.toThrow('fetch failed');
  bluesky.setFault('getProfiles', { kind: 'huge', bytes: 3_000_000 });
  const huge = await fetched();
  expect(huge.headers.get('content-length')).toBeNull();
  expect((await huge.arrayBuffer()).byteLength).toBeGreaterThan(3_000_000);
  bluesky.setFault('getProfiles', { kind: 'slow', ms: 20 });
  expect((await fetched()).status).toBe(200);
  bluesky.setFault('getProfiles', undefined);
  expect(bluesky.calls('getProfiles')).toBe(before + 8);
  expect(bluesky.requests('getProfiles').at(-1)).toBe(url.slice(bluesky.url.length));
});

test('another process sets faults and reads counts over HTTP', async () => {
  const post = (name: string, ...given: unknown[]) =>
    fetch(`${bluesky.url}/made-up/${name}`, { method: 'POST', body: JSON.stringify(given) });
  expect((await post('setFault', 'plc', { kind: 'error', status: 503 })).status).toBe(200);
  expect((await fetch(`${bluesky.url}/${author.did}`)).status).toBe(503);
  await post('setFault', 'plc');
  expect((await fetch(`${bluesky.url}/${author.did}`)).status).toBe(200);
  const { uri } = posts[7]!;
  await post('remove', uri);
  expect((await getPosts(uri)).posts).toEqual([]);
  await post('restore', uri);
  const counts = (await (await fetch(`${bluesky.url}/made-up/calls`)).json()) as Json;
  expect(counts.plc).toBe(bluesky.calls('plc'));
  expect((await post('publish')).status).toBe(404);
});

test('stop cuts what hangs, twice is harmless, and nothing listens any more', async () => {
  const own = await startMadeUpBluesky({ seed: 2 });
  own.setFault('*', { kind: 'hang' });
  const hanging = expect(fetch(`${own.url}/${author.did}`)).rejects.toThrow('fetch failed');
  while (own.calls('plc') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([own.stop(), own.stop()]);
  await hanging;
  await expect(fetch(own.url)).rejects.toThrow('fetch failed');
});

test('a key says the time and the run of its post', () => {
  const timeMs = Date.parse('2026-02-03T04:05:06.700Z');
  expect(fromRkey(toRkey(timeMs, 1_023_999))).toEqual({ timeMs, rest: 1_023_999 });
  expect(fromRkey('self')).toBeUndefined();
});
