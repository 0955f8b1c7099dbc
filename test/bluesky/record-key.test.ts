import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cidOf } from '../../queues/index.ts';
import { type Bluesky, createBluesky } from '../../src/bluesky/bluesky.ts';
import { createCalls } from '../../src/bluesky/http/calls.ts';
import { createGet } from '../../src/bluesky/http/get.ts';
import { findRecordKey, keyOf } from '../../src/bluesky/record-key.ts';
import { isTid, msOfTid, tidAfter, tidAt } from '../../src/bluesky/tid.ts';

const did = `did:plc:${'a'.repeat(24)}`;
const at = Date.parse('2026-07-04T12:00:00.000Z');
const recordOf = (text: string, ms = at) => ({
  $type: 'app.bsky.feed.post',
  text,
  createdAt: new Date(ms).toISOString(),
});
const record = recordOf('hello');
const wanted = { did, cid: cidOf(record)!, createdMs: at };

interface Listed {
  rkey: string;
  value: object;
  cid?: string;
  uri?: string;
}
let repository: Listed[];
let feed: { uri: string; cid: string; record: object; author: object }[];
let isDown: Set<string>;
let asked: string[];
/** How long one waits for a turn at an author's server. */
let busyForMs: number;
let server: Server;
let bluesky: Bluesky;
let origin: string;

beforeAll(async () => {
  server = createServer((req, res) => {
    const { pathname, searchParams: query } = new URL(req.url!, origin);
    const method = pathname.split('/').at(-1)!;
    asked.push(method.split('.').at(-1)!);
    if (isDown.has(method)) return res.writeHead(500).end();
    if (method === 'com.atproto.repo.listRecords') {
      const cursor = query.get('cursor') ?? '~';
      const sorted = repository
        .filter(({ rkey }) => rkey < cursor)
        .toSorted((a, b) => (a.rkey < b.rkey ? 1 : -1));
      const records = sorted.slice(0, Number(query.get('limit'))).map(({ rkey, value, cid, uri }) => ({
        uri: uri ?? `at://${did}/app.bsky.feed.post/${rkey}`,
        cid: cid ?? cidOf(value),
        value,
      }));
      return res.end(JSON.stringify({ records }));
    }
    return res.end(JSON.stringify({ feed: feed.map((post) => ({ post })) }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const unhurried = {
    enter: (kind: string, _: string, patienceMs = 8_000) =>
      Promise.resolve(kind === 'pds' && busyForMs > patienceMs ? undefined : 0),
    answered: () => Promise.resolve(),
    failed: () => Promise.resolve(false),
    throttled: () => Promise.resolve(),
  };
  const events = { lookupCall: () => undefined, serverLeftAlone: () => undefined };
  const calls = createCalls({ get: createGet({ allowsLoopback: true }), pace: unhurried, events });
  bluesky = createBluesky(calls, { apiUrl: origin, plcUrl: origin });
});
afterAll(() => server.close().closeAllConnections());
beforeEach(() => {
  repository = [];
  feed = [];
  isDown = new Set();
  asked = [];
  busyForMs = 0;
});
const find = () => findRecordKey(bluesky, wanted, { ok: origin });

test('a TID keeps the order of times', () => {
  expect(isTid(tidAt(at))).toBe(true);
  expect(msOfTid(tidAt(at))).toBe(at);
  expect(tidAt(at) < tidAfter(tidAt(at)) && tidAfter(tidAt(at)) < tidAt(at + 1)).toBe(true);
  expect(msOfTid('3lqxyzabcde2k')).toBeGreaterThan(Date.parse('2023-01-01'));
});

test('by the author’s own list, with proof; decoys prove nothing', async () => {
  repository = [
    { rkey: tidAt(at + 30_000), value: recordOf('hello', at + 1) },
    // Says our CID of another record, and the right record at another author's address.
    { rkey: tidAt(at + 20_000), value: recordOf('decoy'), cid: wanted.cid },
    { rkey: tidAt(at + 10_000), value: record, uri: `at://did:plc:${'b'.repeat(24)}/app.bsky.feed.post/x` },
    { rkey: tidAt(at + 5_000), value: record, uri: `at://${did}/app.bsky.feed.like/x` },
    { rkey: tidAt(at + 4_000), value: record, cid: cidOf(recordOf('other'))! },
  ];
  expect(await find()).toBe('unknown');
  repository.push({ rkey: tidAt(at + 1), value: record });
  expect(await find()).toEqual({ rkey: tidAt(at + 1), isIndexed: false });
});

test('further down among many, and among the newest where the key has another time', async () => {
  const others = (from: number) =>
    Array.from({ length: 40 }, (_, n) => ({ rkey: tidAt(from + n), value: recordOf(`${n}`) }));
  repository = [...others(at + 1_000), { rkey: tidAt(at), value: record }, ...others(at - 1_000)];
  expect(await find()).toMatchObject({ rkey: tidAt(at) });
  repository = [...others(at - 60_000), { rkey: tidAt(at + 86_400_000), value: record }];
  expect(await find()).toMatchObject({ rkey: tidAt(at + 86_400_000) });
});

test('by the feed of the author where their server does not answer; an outage is no answer', async () => {
  feed = [{ uri: `at://${did}/app.bsky.feed.post/3k`, cid: wanted.cid, record, author: { did } }];
  expect(await find()).toEqual({ rkey: '3k', isIndexed: true });
  isDown.add('com.atproto.repo.listRecords');
  expect(await find()).toEqual({ rkey: '3k', isIndexed: true });
  feed = [
    { uri: `at://${did}/app.bsky.feed.post/3k`, cid: wanted.cid, record, author: { did: 'did:plc:other' } },
  ];
  expect(await find()).toBe('failed');
  isDown.clear();
  expect(await find()).toBe('unknown');
});

test('a server that many wait for: the AppView is asked first, and the server, with patience, where that does not know', async () => {
  busyForMs = 5_000;
  repository = [{ rkey: tidAt(at), value: record }];
  feed = [{ uri: `at://${did}/app.bsky.feed.post/3k`, cid: wanted.cid, record, author: { did } }];
  expect(await find()).toEqual({ rkey: '3k', isIndexed: true });
  expect(asked).toEqual(['getAuthorFeed']);
  feed = [];
  expect(await find()).toEqual({ rkey: tidAt(at), isIndexed: false });
  expect(asked).toEqual(['getAuthorFeed', 'getAuthorFeed', 'listRecords']);
  busyForMs = 10_000;
  expect(await find()).toBe('failed');
});

test('a key is one segment of a uri of this author', () => {
  expect(keyOf(`at://${did}/app.bsky.feed.post/3k`, did)).toBe('3k');
  for (const uri of [
    `at://${did}/app.bsky.feed.post/`,
    `at://${did}/app.bsky.feed.post/..`,
    `at://${did}/app.bsky.feed.post/a/b`,
    `at://did:plc:b/app.bsky.feed.post/a`,
    'x',
  ])
    expect(keyOf(uri, did)).toBeUndefined();
});
