/**
 * The users of deploy/redis-users.acl: with their rights every role does all of its work (ACL LOG stays empty), and no user can do
 * anything beyond.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { maintenanceKeys, queuePrefix } from '../../src/redis/keys.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, runCommand, startRole } from '../fixtures/roles.ts';
import {
  ADMIN_PASSWORD,
  aclText,
  aclWithPasswords,
  grantedTo,
  passwordOf,
  type User,
  urlFor,
  users,
} from './acl.ts';

const STREAM = 'skywire:matches';
const GROUP = 'skywire-inbox';

let redis: TestRedis;
let admin: Redis;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skywire-inbox-acl-'));
  const file = join(folder, 'users.acl');
  await writeFile(file, aclWithPasswords);
  redis = await startRedis('--aclfile', file);
  admin = redis.client({ username: 'admin', password: ADMIN_PASSWORD });
});
afterAll(async () => {
  await endRoles();
  await redis.stop();
  await rm(folder, { recursive: true });
});

async function start(name: 'pump' | 'worker' | 'web'): Promise<Role> {
  const role = await startRole(name, environment(`skywire-inbox-${name}`));
  return role.ready();
}
const environment = (user: string) => ({
  REDIS_URL: urlFor(user, redis.port),
  ROUTING: 'directory',
  LOG_LEVEL: 'warn',
  DELIVERY_ATTEMPTS: '2',
  DELIVERY_BACKOFF_MS: '1',
});

async function stop(role: Role): Promise<void> {
  role.signal('SIGTERM');
  expect(await role.ended, role.output()).toBe(0);
}

/** Who was refused what. */
async function refusals(): Promise<string[]> {
  const rows = (await admin.call('ACL', 'LOG')) as (string | number)[][];
  return rows.map((row) => {
    const field = (name: string) => row[row.indexOf(name) + 1];
    return `${field('username')}: ${field('reason')} ${field('object')} (${field('context')})`;
  });
}

const operatorPages = [
  'figures',
  'history?span=hour',
  'log',
  'parked/export',
  'parked/groups',
  'parked/jobs',
  'session',
].map((page) => `/operator/${page}`);

/** As a feed-reader app. */
async function syncByGreader(base: string, token: string): Promise<void> {
  const headers = { authorization: `GoogleLogin auth=${token}` };
  const call = async (path: string, fields?: string[][]) => {
    const body = fields && new URLSearchParams(fields as [string, string][]);
    const response = await fetch(base + path, { headers, ...(body && { method: 'POST', body }) });
    expect(`${path} ${response.status}`).toBe(`${path} 200`);
    return response.text();
  };
  await call('/accounts/ClientLogin', [
    ['Email', 'ann'],
    ['Passwd', token],
  ]);
  for (const path of ['subscription/list', 'unread-count', 'stream/contents'])
    await call(`/reader/api/0/${path}`);
  const { itemRefs } = JSON.parse(await call('/reader/api/0/stream/items/ids')) as {
    itemRefs: { id: string }[];
  };
  for (const tag of ['a', 'r'])
    for (const state of ['read', 'starred'])
      await call('/reader/api/0/edit-tag', [
        ['i', itemRefs[0]!.id],
        [tag, `user/-/state/com.google/${state}`],
      ]);
  await call('/reader/api/0/mark-all-as-read', [['s', 'user/-/state/com.google/reading-list']]);
}

test('every role does all of its work with its rights: nothing is refused', { timeout: 90_000 }, async () => {
  let web = await start('web');
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(web.url + path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    expect(`${method} ${path} ${response.status} ${response.ok ? '' : await response.text()}`).toMatch(
      / 2\d\d /,
    );
    const isJson = /^application\/json(;|$)/.test(response.headers.get('content-type') ?? '');
    return isJson ? response.json() : response.text();
  };
  await ask('PUT', '/api/subscriptions/cats/subscribers/ann');
  await ask('PUT', '/api/subscriptions/cats/subscribers/bob');
  await ask('DELETE', '/api/subscriptions/cats/subscribers/bob');
  await ask('GET', '/api/subscriptions/cats');

  const skywire = redis.client({
    username: 'skywire',
    password: passwordOf('skywire'),
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  for (let n = 0; n < 20; n += 1) await skywire.xadd(STREAM, '*', 'data', wire(makeMatch('cats', n)));
  await skywire.xadd(STREAM, 'MAXLEN', '~', 100_000, '*', 'data', 'no JSON');
  await skywire.xadd(STREAM, '*', 'data', wire(makeMatch('nobody', 30)));
  await skywire.xadd(STREAM, '*', 'data', wire(makeMatch('cats', 1)));

  // What a dead pump left, one entry of it trimmed; and a batch whose worker died.
  await admin.xgroup('CREATE', STREAM, GROUP, '0');
  const read = await admin.xreadgroup('GROUP', GROUP, 'dead', 'COUNT', 3, 'STREAMS', STREAM, '>');
  const ids = read![0]![1].map(([id]) => id);
  await admin.xclaim(STREAM, GROUP, 'dead', 0, ...ids, 'IDLE', 60_000, 'JUSTID');
  await admin.xdel(STREAM, ids[2]!);

  const pump = await start('pump');
  await vi.waitFor(async () => {
    const counts = await waitingJobs();
    expect(counts).toBeGreaterThan(0);
    expect(((await admin.xpending(STREAM, GROUP)) as [number])[0]).toBe(0);
  }, 20_000);
  await fetch(`${pump.url}/metrics`);
  await takeAndDie();

  const worker = await start('worker');
  await vi.waitFor(async () => expect(await admin.xlen('inbox:{ann}')).toBe(19), {
    timeout: 40_000,
    interval: 200,
  });
  await vi.waitFor(
    async () => expect(await admin.zcard(`${queuePrefix('parked')}:parked:failed`)).toBe(2),
    20_000,
  );

  const items = (await ask('GET', '/api/inboxes/ann/items?limit=5')) as { items: { id: string }[] };
  const [one, two] = items.items.map(({ id }) => id);
  await ask('GET', `/api/inboxes/ann/items?after=${two}&unread=true&subscription=cats`);
  await ask('GET', '/api/inboxes/ann');
  await ask('GET', '/api/inboxes?prefix=a');
  await ask('POST', '/api/inboxes/ann/read', { ids: [one] });
  await ask('POST', '/api/inboxes/ann/read', { up_to: two });
  await ask('POST', '/api/inboxes/ann/unread', { ids: [two] });
  await ask('PUT', `/api/inboxes/ann/items/${one}/star`);
  await ask('GET', '/api/inboxes/ann/items?starred=true');
  await ask('DELETE', `/api/inboxes/ann/items/${one}/star`);
  const pages = ['/metrics', '/readyz', '/healthz', '/', '/dashboard', '/openapi.json', '/parked'];
  for (const path of [...pages, ...operatorPages]) await ask('GET', path);
  await ask('POST', '/operator/parked/runs', { text: 'JSON' });
  const feed = (await ask('POST', '/api/inboxes/ann/feed-tokens', {})) as {
    token: string;
    urls: { rss: string; greader: string };
  };
  await syncByGreader(feed.urls.greader, feed.token);
  await ask('GET', new URL(feed.urls.rss, web.url).pathname);
  await ask('GET', '/api/inboxes/ann/feed-tokens');

  const board = '/dashboard/api/queues';
  for (const status of [
    'latest',
    'failed',
    'completed',
    'waiting',
    'active',
    'delayed',
    'prioritized',
    'paused',
  ]) {
    await ask('GET', `${board}?activeQueue=parked&status=${status}&page=1&jobsPerPage=10`);
  }
  const [id] = await admin.zrange(`${queuePrefix('parked')}:parked:failed`, '0', '0');
  await ask('GET', `${board}/parked/${id}`);
  await ask('GET', `${board}/parked/${id}/logs`);
  await ask('GET', `${board}/parked/workers`);
  await ask('GET', '/dashboard/api/redis/stats');
  await ask('PUT', `${board}/parked/${id}/retry`);
  await vi.waitFor(
    async () => expect(await admin.zcard(`${queuePrefix('parked')}:parked:failed`)).toBe(2),
    20_000,
  );
  await ask('PUT', `${board}/parked/pause`);
  await ask('PUT', `${board}/parked/resume`);
  await ask('PUT', `${board}/parked/retry/failed`);
  await vi.waitFor(
    async () => expect(await admin.zcard(`${queuePrefix('parked')}:parked:failed`)).toBe(2),
    20_000,
  );
  await ask('PUT', `${board}/parked/${id}/clean`);
  await ask('PUT', `${board}/parked/clean/failed`);
  await ask('DELETE', '/api/subscriptions/cats');
  await ask('DELETE', '/api/inboxes/ann');

  // A round of maintenance is over.
  await vi.waitFor(
    async () => expect(await admin.hget(maintenanceKeys.state, 'place')).toContain('"rest"'),
    20_000,
  );
  await stop(pump);
  await stop(worker);
  await stop(web);

  // The tools run with the rights of web.
  expect((await runCommand('replay', environment('skywire-inbox-web'), ['--from', '0'])).code).toBe(0);
  expect((await runCommand('doctor', environment('skywire-inbox-web'))).output).toContain(
    'unknown, CONFIG is refused',
  );
  web = await start('web');
  await stop(web);
  const audit = await runCommand('audit', environment('skywire-inbox-web'));
  expect(audit.output).toMatch(/\d+ entries: /);

  // What the doctor and the dashboard ask for and do without: who else is connected, how Redis is configured.
  const refused = (await refusals()).filter(
    (line) => !/skywire-inbox-web: command (config\|get|client\|list)/.test(line),
  );
  expect(refused, 'grant it in deploy/redis-users.acl, and in the table of this test').toEqual([]);
});

test("a worker needs neither a right nor a way to Skywire's Redis, where that is another server", async () => {
  const elsewhere = { SKYWIRE_REDIS_URL: 'redis://127.0.0.1:1' };
  const worker = await startRole('worker', { ...environment('skywire-inbox-worker'), ...elsewhere });
  await stop(await worker.ready());
  const pump = await runCommand('pump', { ...environment('skywire-inbox-pump'), ...elsewhere });
  expect(pump.output).toContain('redis://127.0.0.1:1 cannot be reached');
});

/** A worker that fetched a batch and was never heard of again. */
async function takeAndDie(): Promise<void> {
  const connection = { port: redis.port, username: 'admin', password: ADMIN_PASSWORD };
  const prefix = queuePrefix('matches');
  const worker = new Worker('matches', null, { connection, prefix, lockDuration: 500 });
  worker.on('error', () => undefined);
  expect(await worker.getNextJob('its-token')).toBeDefined();
  await worker.close(true);
}

async function waitingJobs(): Promise<number> {
  const queue = new Queue('matches', {
    connection: { port: redis.port, username: 'admin', password: ADMIN_PASSWORD },
    prefix: queuePrefix('matches'),
  });
  queue.on('error', () => undefined);
  const count = await queue.getWaitingCount();
  await queue.close();
  return count;
}

const CONNECTING = ['ping', 'info', 'role', 'time', 'client|setname', 'eval', 'evalsha'];
const READ_STREAM = ['xinfo|consumers', 'xinfo|groups', 'xlen', 'xpending', 'xrange', 'xrevrange'];

/** BullMQ's scripts that a role runs, our own, and what it sends without a script. */
const needs: Record<Exclude<User, 'skywire'>, { bullmq: string[]; ours: string[]; direct: string[] }> = {
  'skywire-inbox-pump': {
    bullmq: ['addStandardJob', 'getCounts'],
    ours: words(
      `lanes/open-books.lua lanes/confirm-books.lua lanes/reconcile-books.lua lanes/read-books.lua lanes/missing-payloads.lua lanes/sweep-payloads.lua
      lanes/oldest-held.lua lanes/kept.lua`,
    ),
    direct: [
      ...READ_STREAM,
      'xack',
      'xautoclaim',
      'xgroup|create',
      'xgroup|delconsumer',
      'xgroup|setid',
      'xinfo|stream',
      'xdel',
      'xtrim',
      'xreadgroup',
    ],
  },
  'skywire-inbox-worker': {
    bullmq: words(`
      addStandardJob getCounts getState getStateV2 removeJob moveToActive moveToFinished moveToDelayed moveStalledJobsToWait
      extendLock extendLocks retryJob releaseLock moveJobFromActiveToWait`),
    ours: [
      ...words(
        'inbox/write/write.lua inbox/write/admit.lua inbox/write/restore.lua inbox/write/bound.lua inbox/write/item-state.lua inbox/read-state.lua inbox/read/presence.lua',
      ),
      ...words(
        'inbox/maintenance/keep-bodies.lua inbox/maintenance/shared-items.lua inbox/maintenance/take-turn.lua',
      ),
      'subscriptions/registrations.lua',
      'subscriptions/route.lua',
      'lanes/open-books.lua',
      'lanes/confirm-books.lua',
      'lanes/settle-books.lua',
      'lanes/missing-payloads.lua',
      'lanes/keep.lua',
    ],
    direct: ['bzpopmin', 'pexpire', 'scan', 'set'],
  },
  'skywire-inbox-web': {
    // The dashboard can do everything with a job.
    bullmq: scriptNames().filter((name) => !name.startsWith('relay')),
    ours: readdirSync(sourceUrl(''), { recursive: true })
      .map(String)
      .filter(
        (name) =>
          name.endsWith('.lua') && !/^(pump|relay|stream|inbox\/maintenance)\b|sweep-payloads/.test(name),
      ),
    direct: [...READ_STREAM, 'exec', 'hkeys', 'mget', 'multi'],
  },
};

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function sourceUrl(path: string): URL {
  return new URL(`../../src/${path}`, import.meta.url);
}

function scriptsUrl(name = ''): URL {
  return new URL(`../../node_modules/bullmq/dist/esm/scripts/${name}`, import.meta.url);
}

function scriptNames(): string[] {
  return readdirSync(scriptsUrl()).flatMap((file) => /^(\w+)-\d+\.js$/.exec(file)?.[1] ?? []);
}

/** In BullMQ's scripts the way a job is pushed or counted is a variable: any of those words counts. */
function commandsIn(text: string): string[] {
  const called = [...text.matchAll(/(?:\br?call|redis\.p?call)\(\s*(['"])([A-Za-z]+)\1/g)];
  const chosen = [...text.matchAll(/(['"])([RL]PUSH|LLEN|[ZS]CARD)\1/g)];
  const commands = [...called, ...chosen].map(([, , command]) => command!.toLowerCase());
  return commands.filter((command) => command !== 'xgroup');
}

test.each(Object.keys(needs) as (keyof typeof needs)[])(
  '%s may send what it sends, and no other command',
  (user) => {
    const { bullmq, ours, direct } = needs[user];
    const files = readdirSync(scriptsUrl()).filter((file) =>
      bullmq.some((name) => new RegExp(`^${name}-\\d+\\.js$`).test(file)),
    );
    expect(files.length).toBe(bullmq.length);
    const needed = new Set([
      ...CONNECTING,
      ...direct,
      ...files.flatMap((file) => commandsIn(readFileSync(scriptsUrl(file), 'utf8'))),
      ...ours.flatMap((file) => commandsIn(readFileSync(sourceUrl(file), 'utf8'))),
    ]);
    expect(grantedTo(user)).toEqual([...needed].toSorted());
  },
);

test('skywire may append, and no more', () => {
  expect(grantedTo('skywire')).toEqual(['client|setname', 'ping', 'xadd']);
});

const isAllowed = async (user: string, ...command: (string | number)[]): Promise<boolean> =>
  (await admin.call('ACL', 'DRYRUN', user, ...command)) === 'OK';

const INBOX = 'inbox:{ann}';
const BATCH = 'skywire-inbox:{matches}:matches:wait';
const PARKED = 'skywire-inbox:{parked}:parked:failed';
const CURSOR = 'skywire-inbox:cursor:skywire:matches:skywire-inbox';
const SUBSCRIPTION = 'subscription:{cats}';
const POST = 'post:{abc}';

/** What a user must not be able to do; `allowed` holds what it must, so that a dry run that always says no is found out. */
const limits: Record<User, { allowed: string; forbidden: string }> = {
  skywire: {
    allowed: `XADD ${STREAM} * data x`,
    forbidden: `
      SCAN 0; XRANGE ${STREAM} - +; XTRIM ${STREAM} MAXLEN 0; DEL ${STREAM}; XDEL ${STREAM} 1-1; XADD ${INBOX} * post x
      XADD other * a b; XGROUP DESTROY ${STREAM} ${GROUP}; EVAL x 0`,
  },
  'skywire-inbox-pump': {
    allowed: `XREADGROUP GROUP g c STREAMS ${STREAM} >; LPUSH ${BATCH} x; SET ${CURSOR} 1-1; ZRANGE ${PARKED} 0 1`,
    forbidden: `
      SCAN 0; DEL ${STREAM}; XADD ${INBOX} * post x; XSETID ${STREAM} 1-1; XGROUP DESTROY ${STREAM} ${GROUP}
      XGROUP DESTROY ${STREAM} ${GROUP}; SET ${STREAM} x; ZREM ${PARKED} x; DEL ${PARKED}
      XRANGE ${INBOX} - +; XADD ${INBOX} * a b; HGETALL ${SUBSCRIPTION}; GET ${POST}; SET ${POST} x`,
  },
  'skywire-inbox-worker': {
    allowed: `XADD ${INBOX} * post x; HGET ${SUBSCRIPTION} created_at; ZREM ${PARKED} x; SET ${POST} x`,
    forbidden: `
      XADD ${STREAM} * data x; XDEL ${STREAM} 1-1; XTRIM ${STREAM} MAXLEN 0; DEL ${STREAM}
      XREADGROUP GROUP g c STREAMS ${STREAM} >; HSET ${SUBSCRIPTION} a b; DEL ${SUBSCRIPTION}; SET ${CURSOR} 9-9`,
  },
  'skywire-inbox-web': {
    allowed: `XRANGE ${STREAM} - +; HSET ${SUBSCRIPTION} a b; ZREM ${PARKED} x; XRANGE ${INBOX} - +; GET ${POST}`,
    forbidden: `
      SCAN 0; XADD ${STREAM} * data x; XTRIM ${STREAM} MAXLEN 0; DEL ${STREAM}; XACK ${STREAM} ${GROUP} 1-1
      XREADGROUP GROUP g c STREAMS ${STREAM} >; XGROUP DESTROY ${STREAM} ${GROUP}; EVAL x 1 ${STREAM}
      SET ${POST} x; DEL ${POST}`,
  },
};

const forEverybody = `
  FLUSHALL; FLUSHDB; KEYS *; CONFIG GET *; CONFIG SET maxmemory 1; ACL LIST; ACL SETUSER x; SHUTDOWN; DEBUG SLEEP 0
  REPLICAOF NO ONE; MONITOR; CLIENT KILL ID 1; CLIENT LIST; CLIENT PAUSE 1; SAVE; BGREWRITEAOF; SCRIPT FLUSH; FUNCTION LIST
  MODULE LIST; SUBSCRIBE a; PUBLISH a b; SWAPDB 0 1; GET secret; SET secret x; DEL secret; RENAME skywire:matches x
  MIGRATE h 1 k 0 1; SORT secret; DUMP inbox:{ann}`;

const commandsOf = (list: string): string[][] =>
  list.split(/[;\n]/).flatMap((one) => (one.trim() ? [one.trim().split(' ')] : []));

test.each(users)('%s can do nothing beyond its work', async (user) => {
  const { allowed, forbidden } = limits[user];
  for (const command of commandsOf(allowed))
    expect(await isAllowed(user, ...command), command.join(' ')).toBe(true);
  for (const command of commandsOf(forbidden + forEverybody))
    expect(await isAllowed(user, ...command), `${user}: ${command.join(' ')}`).toBe(false);
});

/** A script is no way round: what it calls is checked like a command. */
test('a script does not reach further than its user', async () => {
  const worker = redis.client({
    username: 'skywire-inbox-worker',
    password: passwordOf('skywire-inbox-worker'),
  });
  const tries = [
    ["return redis.call('HSET', KEYS[1], 'a', 'b')", 1, SUBSCRIPTION],
    ["return redis.call('FLUSHALL')", 0],
    ["return redis.call('XADD', 'skywire:matches', '*', 'data', 'x')", 0],
    ["return redis.call('CONFIG', 'GET', 'requirepass')", 0],
  ] as const;
  for (const [script, count, ...keys] of tries)
    await expect(worker.eval(script, count, ...keys), script).rejects.toThrow(
      /can't (run|access)|ACL failure|NOPERM|not allowed/i,
    );
});

test('as it comes, the file lets nobody in', async () => {
  expect(aclText).not.toMatch(/ on |nopass|>|#/);
  await expect(
    redis.client({ lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false }).ping(),
  ).rejects.toThrow(/NOAUTH|NOPERM/);
});

test('docs/keys.md: whoever is said to write a key has the right to', async () => {
  const keys = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8');
  const rows = [...keys.matchAll(/^\| `([^`]+)` +\| ([^|]+) \|[^|]+\| ([^|]+) \|/gm)];
  expect(rows.length).toBeGreaterThan(10);
  const write: Record<string, string> = {
    stream: 'XADD % * a b',
    hash: 'HSET % a b',
    zset: 'ZADD % 1 a',
    string: 'SET % a',
    list: 'LPUSH % a',
    set: 'SADD % a',
  };
  for (const [, name, type, writers] of rows) {
    const key = name!
      .replace(/<queue>/g, 'matches')
      .replace(/<[^>]+>/g, 'x')
      .replace('…', 'wait');
    const command = write[type!.trim()] ?? write['list']!;
    for (const role of ['pump', 'worker', 'web']) {
      if (!new RegExp(`\\b${role}\\b`).test(writers!)) continue;
      expect(
        await isAllowed(`skywire-inbox-${role}`, ...command.replace('%', key).split(' ')),
        `${role}: ${command.replace('%', key)}`,
      ).toBe(true);
    }
  }
});
