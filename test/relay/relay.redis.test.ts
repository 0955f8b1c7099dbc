import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createRelaySource } from '../../src/relay/pump-side/relay-source.ts';
import { GROUP, STREAM } from '../fixtures/pipeline.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { OTHER_TOKEN, startTestRelay, type TestRelay, TOKEN, tokenLine } from '../fixtures/relay.ts';
import { startProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';

let redis: TestRedis;
let relay: TestRelay;
let proxy: TcpProxy | undefined;
const open: { stop(): Promise<void> }[] = [];
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.stop()));
  await proxy?.stop();
  proxy = undefined;
  await relay.stop();
  await redis.stop();
});

const fast = { everyMs: 50, silentMs: 400 };

function sourceOf(consumer: string, { url = relay.url, token = TOKEN, pulse = fast } = {}) {
  const source = createRelaySource({ url, token, tls: {}, stream: STREAM, group: GROUP, consumer, pulse });
  open.push(source);
  return source;
}

async function append(count: number, body = 'x'): Promise<string[]> {
  const pipeline = redis.client().pipeline();
  for (let n = 0; n < count; n += 1) pipeline.xadd(STREAM, '*', 'data', body);
  return (await pipeline.exec())!.map(([, id]) => id as string);
}

const pendingCount = async () => ((await redis.client().xpending(STREAM, GROUP)) as [number])[0];

const hello = (more: object = {}) =>
  JSON.stringify({
    n: 1,
    do: 'subscribe',
    versions: [1],
    stream: STREAM,
    group: GROUP,
    consumer: 'raw',
    ...more,
  });

/** A client that knows nothing of the protocol: what it was sent, and how it ended. */
async function raw(token: string | undefined, say: (socket: WebSocket) => void = () => {}) {
  const socket = new WebSocket(
    relay.url,
    token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
  );
  const frames: string[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer, isBinary) => frames.push(isBinary ? '<binary>' : data.toString()));
  socket.on('open', () => say(socket));
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return { socket, frames, ended };
}

describe('who is refused hears why, and gets nothing of the stream', () => {
  const credit = JSON.stringify({ do: 'credit', entries: 100, bytes: 1_000_000 });
  const after = (frame: string | Buffer) => (socket: WebSocket) => {
    socket.send(hello());
    socket.once('message', () => socket.send(frame));
  };
  const offences: [
    what: string,
    token: string | undefined,
    say: (socket: WebSocket) => void,
    code: number,
    why: RegExp,
  ][] = [
    ['no token', undefined, (socket) => socket.send(hello()), 4401, /token required/],
    ['an empty token', ' ', (socket) => socket.send(hello()), 4401, /token required/],
    ['a wrong token', 'swr_wrong', (socket) => socket.send(hello()), 4403, /unknown or revoked/],
    [
      'a digest for a token',
      tokenLine('one', TOKEN).split(' ')[1],
      (socket) => socket.send(hello()),
      4403,
      /unknown or revoked/,
    ],
    [
      'an unknown version',
      TOKEN,
      (socket) => socket.send(hello({ versions: [2, 99] })),
      4406,
      /speaks version 1/,
    ],
    [
      'another stream',
      TOKEN,
      (socket) => socket.send(hello({ stream: 'secrets' })),
      4403,
      /not for that stream/,
    ],
    [
      'another group',
      TOKEN,
      (socket) => socket.send(hello({ group: 'other' })),
      4403,
      /not for that stream and group/,
    ],
    [
      'credit before subscribe',
      TOKEN,
      (socket) => socket.send(credit),
      4400,
      /first frame must be "subscribe"/,
    ],
    ['a first frame that is no JSON', TOKEN, (socket) => socket.send('{'), 4400, /not JSON/],
    ['bad JSON', TOKEN, after('{"do":'), 4400, /not JSON/],
    ['an unknown request', TOKEN, after('{"do":"flushall","n":2}'), 4400, /unknown type/],
    [
      'a request of a wrong shape',
      TOKEN,
      after('{"do":"ack","n":2,"ids":["*"]}'),
      4400,
      /malformed "ack" frame/,
    ],
    ['JSON that is no object', TOKEN, after('null'), 4400, /unknown type/],
    ['a binary frame', TOKEN, after(Buffer.from([1, 2, 3])), 4400, /binary frame/],
    ['a frame that is too large', TOKEN, after('x'.repeat(300_000)), 1009, /^$/],
  ];
  test.each(offences)('%s', async (_, token, say, code, why) => {
    relay = await startTestRelay(redis, { pulse: fast });
    await append(5);
    const { frames, ended } = await raw(token, say);
    const end = await ended;
    expect(end.code).toBe(code);
    expect(end.reason).toMatch(why);
    expect(frames.filter((frame) => !frame.includes('"ok":{"version":1'))).toEqual([]);
    // Nobody read, so nothing is pending.
    expect(await redis.client().exists(STREAM)).toBe(1);
    expect(await redis.client().xinfo('GROUPS', STREAM)).toEqual([]);
  });

  test('whoever is over the number of connections or frames of its token', async () => {
    relay = await startTestRelay(redis, { lines: [tokenLine('one', TOKEN, 'connections=2')] });
    const two = [
      await raw(TOKEN, (socket) => socket.send(hello({ consumer: 'a' }))),
      await raw(TOKEN, (socket) => socket.send(hello({ consumer: 'b' }))),
    ];
    await vi.waitFor(() => expect(two.flatMap(({ frames }) => frames)).toHaveLength(2));
    const third = await raw(TOKEN, (socket) => socket.send(hello({ consumer: 'c' })));
    expect(await third.ended).toEqual({ code: 4429, reason: 'this token already has 2 connections' });
    for (let n = 0; n < 20_000; n += 1) two[0]!.socket.send('{"do":"credit","entries":0,"bytes":0}');
    expect((await two[0]!.ended).code).toBe(4429);
    two[1]!.socket.close();
  });
});

test('a token is revoked while its connection stands, and another one stays', async () => {
  relay = await startTestRelay(redis);
  const [revoked, other] = [sourceOf('a'), sourceOf('a', { token: OTHER_TOKEN })];
  await Promise.all([revoked.ensureGroup('0'), other.ensureGroup('0')]);
  const reading = revoked.readNew(10, 20_000).catch((error: Error) => error.message);
  relay.writeTokens(tokenLine('two', OTHER_TOKEN), 'a line that is none');
  expect(await reading).toMatch(/closed the connection: 4403 the token was revoked/);
  await expect(revoked.position()).rejects.toThrow(/4403/);
  // What was on its way to the one that was turned out goes to the other.
  const [id] = await append(1);
  await vi.waitFor(async () => {
    await other.claim(60_000);
    const found = [...(await other.readPending('0', 10)).entries, ...(await other.readNew(10, 100))];
    expect(found.map((entry) => entry.id)).toEqual([id]);
  }, 5_000);
});

test('a pump that does not read has no more sent than it gave credit for, and the relay reads no more', async () => {
  relay = await startTestRelay(redis);
  await append(5_000);
  const source = sourceOf('slow');
  await source.ensureGroup('0');
  expect((await source.readNew(10, 2_000)).length).toBeGreaterThan(0);
  // Twice what it reads at once is on its way, beside what it has: nothing more is taken from the stream.
  const pending = async () => ((await redis.client().xpending(STREAM, GROUP)) as [number])[0];
  await vi.waitFor(async () => expect(await pending()).toBeGreaterThanOrEqual(20));
  for (let asked = 0; asked < 20; asked += 1) await source.position();
  expect(await pending()).toBeLessThanOrEqual(40);
});

test('a token has no more entries a second than its line says', async () => {
  relay = await startTestRelay(redis, { lines: [tokenLine('one', TOKEN, 'rate=200')] });
  await append(500);
  const source = sourceOf('a');
  await source.ensureGroup('0');
  const began = performance.now();
  for (let read = 0; read < 500; ) read += (await source.readNew(100, 2_000)).length;
  // 200 were saved up, 300 more take a second and a half.
  expect(performance.now() - began).toBeGreaterThan(1_200);
});

test('a connection that is cut is resumed with exactly what was not acked', async () => {
  relay = await startTestRelay(redis);
  proxy = await startProxy(Number(new URL(relay.url).port));
  const source = sourceOf('a', { url: relay.url.replace(/:\d+/, `:${proxy.port}`) });
  const ids = await append(100);
  await source.ensureGroup('0');
  const some = (await source.readNew(30, 2_000)).map(({ id }) => id);
  await source.ack(some);
  const reading = (async () => {
    for (;;) await source.readNew(100, 20_000);
  })().catch((error: Error) => error);
  await vi.waitFor(async () => expect(await pendingCount()).toBe(100 - some.length));
  proxy.cut();
  expect(await reading).toMatchObject({ name: 'RelayAway' });
  const pending: string[] = [];
  for (let after: string | undefined = '0'; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof source.readPending>> = await source.readPending(after, 200);
    pending.push(...page.entries.map(({ id }) => id));
    after = page.last;
  }
  expect(pending).toEqual(ids.slice(some.length));
  expect(await relay.registry.getSingleMetricAsString('skywire_inbox_relay_connections_total')).toContain(
    'resumed="true"} 1',
  );
});

test('what a pump left goes to another at once when it said goodbye, without waiting until it is old', async () => {
  relay = await startTestRelay(redis);
  const ids = await append(10);
  const [leaving, staying] = [sourceOf('leaving'), sourceOf('staying')];
  await leaving.ensureGroup('0');
  expect(await leaving.readNew(10, 2_000)).not.toEqual([]);
  await vi.waitFor(async () => expect(await pendingCount()).toBe(10));
  expect((await staying.claim(60_000)).claimed).toBe(0);
  await leaving.stop();
  await vi.waitFor(async () => expect((await staying.claim(60_000)).claimed).toBe(10));
  expect((await staying.readPending('0', 20)).entries.map(({ id }) => id)).toEqual(ids);
});

const slow = { everyMs: 1_000, silentMs: 60_000 };

test('a pump notices a connection left half-open', async () => {
  relay = await startTestRelay(redis, { pulse: slow });
  proxy = await startProxy(Number(new URL(relay.url).port));
  const source = sourceOf('a', { url: relay.url.replace(/:\d+/, `:${proxy.port}`) });
  await source.ensureGroup('0');
  const reading = source.readNew(10, 20_000).catch((error: Error) => error.message);
  proxy.set({ loseReplies: true, loseRequests: true });
  expect(await reading).toMatch(/stopped answering pings/);
  expect(proxy.lostBytes()).toBeGreaterThan(0);
});

test('a relay notices a connection left half-open, and its entries go to another pump', async () => {
  relay = await startTestRelay(redis, { pulse: fast });
  proxy = await startProxy(Number(new URL(relay.url).port));
  const ids = await append(10);
  const cutOff = sourceOf('cut-off', { url: relay.url.replace(/:\d+/, `:${proxy.port}`), pulse: slow });
  const other = sourceOf('other');
  await cutOff.ensureGroup('0');
  await cutOff.readNew(10, 2_000);
  await vi.waitFor(async () => expect(await pendingCount()).toBe(10));
  proxy.set({ loseReplies: true, loseRequests: true });
  await vi.waitFor(async () => expect((await other.claim(60_000)).claimed).toBe(10), 5_000);
  expect((await other.readPending('0', 20)).entries.map(({ id }) => id)).toEqual(ids);
  expect(proxy.lostBytes()).toBeGreaterThan(0);
  await vi.waitFor(async () =>
    expect(await relay.registry.getSingleMetricAsString('skywire_inbox_relay_closed_total')).toContain(
      'code="4408"} 1',
    ),
  );
});

test('both sides look often enough to notice within 30 s', async () => {
  const { pulse } = await import('../../src/relay/heartbeat.ts');
  relay = await startTestRelay(redis);
  expect(pulse.silentMs + pulse.everyMs).toBeLessThanOrEqual(30_000);
});

test('a relay that stops tells its pumps so, and keeps nothing of theirs', async () => {
  relay = await startTestRelay(redis);
  const ids = await append(3);
  const source = sourceOf('a');
  await source.ensureGroup('0');
  const [first] = await source.readNew(10, 2_000);
  const port = Number(new URL(relay.url).port);
  const reading = (async () => {
    for (;;) await source.readNew(10, 20_000);
  })().catch((error: Error) => error.message);
  await relay.stop();
  expect(await reading).toMatch(/1001 the relay is stopping/);
  relay = await startTestRelay(redis, { port });
  await source.ack([first!.id]);
  expect((await source.readPending('0', 10)).entries.map(({ id }) => id)).toEqual(ids.slice(1));
});

test('plain HTTP is told what this address speaks', async () => {
  relay = await startTestRelay(redis);
  const http = relay.url.replace('ws:', 'http:');
  expect((await fetch(http)).status).toBe(426);
  expect((await fetch(`${http}/other`)).status).toBe(404);
  const elsewhere = new WebSocket(relay.url.replace('/relay', '/other'));
  expect(await new Promise((resolve) => elsewhere.on('error', (error) => resolve(error.message)))).toMatch(
    /404/,
  );
});
