import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { isFull } from '../fixtures/full-size.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { apiToken, asAdmin, asReader, matchJson, startWeb, type TestWeb } from './web.ts';

let redis: TestRedis;
let web: TestWeb;
afterEach(async () => {
  await web?.stop();
  await redis?.stop();
});

async function start(): Promise<void> {
  redis = await startRedis();
  web = await startWeb(redis);
  await web.deliver('ann', matchJson(1));
}

async function took(work: Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work;
  return performance.now() - from;
}

const calls = [
  ['GET', '/api/inboxes/ann', asReader],
  ['GET', '/api/inboxes/ann/items', asReader],
  ['PUT', '/api/subscriptions/a/subscribers/b', asReader],
  ['GET', '/dashboard/api/queues', asAdmin],
] as const;

test('with Redis gone every call says so in time, one line each in the log; afterwards all is as before', async () => {
  await start();
  await redis.kill9();
  await Promise.all(
    calls.map(async ([method, path, login]) => {
      const answer = web.ask(method, path, login);
      expect(await took(answer)).toBeLessThan(6_500);
      const { status, headers, json } = await answer;
      expect([status, headers['content-type'], headers['retry-after']]).toEqual([
        503,
        'application/problem+json; charset=utf-8',
        '5',
      ]);
      expect(json.detail).toContain('Redis');
    }),
  );
  expect(web.logged, web.logged.join('')).toHaveLength(calls.length);
  expect(web.logged.join('')).not.toContain(apiToken);
  expect(web.logged.join('')).not.toContain('ann');
  await redis.restart();
  for (const [method, path, login] of calls) {
    await expect
      .poll(async () => (await web.ask(method, path, login)).status, { timeout: 15_000 })
      .toBeLessThan(300);
  }
});

test('a Redis that takes and never answers holds nobody longer than the deadline', async () => {
  await start();
  process.kill(redis.pid, 'SIGSTOP');
  try {
    const answer = web.ask('GET', '/api/inboxes/ann/items', asReader);
    expect(await took(answer)).toBeLessThan(6_000);
    expect((await answer).status).toBe(503);
    expect(await took(web.stop())).toBeLessThan(3_000);
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
});

test('stop ends in time with calls under way, kept-alive and half-sent ones too, and a second stop is harmless', async () => {
  await start();
  const agent = new Agent({ keepAlive: true });
  const options = { agent, port: web.port, host: '127.0.0.1', path: '/healthz' };
  await new Promise<void>((resolve) => {
    request(options, (res) => {
      res.resume();
      res.on('end', resolve);
    }).end();
  });
  const halfSent = connect(web.port, '127.0.0.1', () => halfSent.write('GET / HTTP/1.1\r\nHost: 127'));
  const isCut = new Promise((resolve) => halfSent.on('close', resolve));
  halfSent.on('error', () => undefined);
  await redis.kill9();
  const underWay = web.ask('GET', '/dashboard/api/queues', asAdmin).catch((error: Error) => error);
  await expect.poll(() => web.ask('GET', '/healthz').then(({ status }) => status)).toBe(200);
  const stops = Promise.all([web.stop(), web.stop()]);
  expect(await took(stops)).toBeLessThan(3_000);
  await web.stop();
  await Promise.all([underWay, isCut]);
  await expect(web.ask('GET', '/healthz')).rejects.toThrow('ECONNREFUSED');
  agent.destroy();
});

test.runIf(isFull)('headers that trickle in are given up', { timeout: 30_000 }, async () => {
  await start();
  const slow = connect(web.port, '127.0.0.1', () => slow.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n'));
  const trickle = setInterval(() => slow.write('X-A: b\r\n'), 1_000);
  slow.on('error', () => undefined);
  slow.resume();
  const life = await took(new Promise((resolve) => slow.on('close', resolve)));
  clearInterval(trickle);
  expect(life).toBeLessThan(14_000);
});
