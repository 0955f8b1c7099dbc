/** The users of deploy/redis-users.acl may do what lookups need: the worker answers, the web asks and reads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cidOf } from '../../queues/index.ts';
import { startAnswering } from '../../src/bluesky/answering.ts';
import { createReading } from '../../src/bluesky/reading/reading.ts';
import { aclWithPasswords, passwordOf } from '../deploy/acl.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { startTinyBluesky } from './tiny-bluesky.ts';

let redis: TestRedis;
const dir = mkdtempSync(join(tmpdir(), 'skywire-inbox-acl-'));
beforeAll(async () => {
  const file = join(dir, 'users.acl');
  writeFileSync(file, aclWithPasswords);
  redis = await startRedis('--aclfile', file);
});
afterAll(async () => {
  await redis.stop();
  rmSync(dir, { recursive: true });
});
const as = (username: string) => redis.client({ username, password: passwordOf(username) });

test('a worker looks up, the web asks and reads, and no right is missing', async () => {
  const bluesky = await startTinyBluesky();
  const did = `did:plc:${'a'.repeat(24)}`;
  bluesky.people.set(did, { displayName: 'A', handle: 'a.example' });
  const record = { text: 'x', createdAt: new Date().toISOString() };
  bluesky.publish(did, record, Date.now());
  const problems: string[] = [];
  const events = {
    lookupCall: () => undefined,
    serverLeftAlone: () => undefined,
    trouble: (_: string, error: Error) => void problems.push(error.message),
  };
  const settings = { apiUrl: bluesky.url, plcUrl: bluesky.url, isLoopback: true };
  const answering = startAnswering(as('skywire-inbox-worker'), settings, events);
  const post = { identity: 'one', did, cid: cidOf(record)!, createdMs: Date.now() };
  expect(await answering.look({ v: 1, kind: 'keys', askedMs: 1, posts: [post] })).toEqual(['found']);
  bluesky.fault = { status: 429, body: '', headers: { 'retry-after': '1' } };
  expect(await answering.look({ v: 1, kind: 'authors', askedMs: 2, dids: [did] })).toEqual(['failed']);
  const asked: unknown[] = [];
  const jobs = {
    add: (some: readonly unknown[]) => Promise.resolve(some.map(() => Boolean(asked.push(some)))),
  };
  const reading = createReading(as('skywire-inbox-web'), jobs, settings);
  const uri = `at://${did}/app.bsky.feed.post/`;
  const item = {
    id: '1-0',
    identity: 'one',
    postJson: JSON.stringify({ uri, author: did, raw_record: record }),
  };
  expect((await reading.of([item], { waitMs: 50 })).get('1-0')).toMatchObject({
    author: { name: 'A' },
    rkey: expect.any(String),
  });
  const other = { ...item, id: '2-0', identity: 'two' };
  expect((await reading.of([other], { waitMs: 50 })).size).toBe(1);
  expect(problems).toEqual([]);
  answering.stop();
  bluesky.stop();
});
