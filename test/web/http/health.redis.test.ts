import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { startHealthServer } from '../../../src/web/http/health-routes.ts';
import type { WebServer } from '../../../src/web/http/listen.ts';
import { startRedis, type TestRedis } from '../../fixtures/redis.ts';
import { askAt, asReader, locked } from '../web.ts';

let redis: TestRedis | undefined;
const servers: WebServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await redis?.stop();
  redis = undefined;
});

type Checks = Record<string, true | string>;

async function startHealth(checks: () => Promise<Checks> = () => Promise.resolve({}), healthPort?: number) {
  redis ??= await startRedis();
  const registry = new Registry();
  new Counter({ name: 'moved_total', help: 'moved', registers: [registry] }).inc(7);
  const http = { host: '127.0.0.1', port: 0, healthPort, isLoopback: true };
  const client = redis.client({ maxRetriesPerRequest: 3 });
  const health = { checks, registry };
  const server = await startHealthServer({
    config: { http, access: locked },
    client,
    health,
    log: pino({ level: 'silent' }),
  });
  servers.push(server);
  return { port: server.port, ask: askAt(server.port) };
}

test('a process that can work says so, and serves its counters', async () => {
  const { ask } = await startHealth(() => Promise.resolve({ pump: true }));
  expect((await ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
  const ready = await ask('GET', '/readyz');
  expect([ready.status, ready.json]).toEqual([200, { status: 'ready', checks: { redis: 'ok', pump: 'ok' } }]);
  const metrics = await ask('GET', '/metrics');
  expect(metrics.text).toContain('moved_total 7');
  expect(metrics.headers['content-type']).toContain('text/plain');
  expect((await ask('GET', '/api/inboxes/a', asReader)).status).toBe(404);
  expect((await ask('GET', '/dashboard')).status).toBe(404);
});

test.each<[string, () => Promise<Checks>, Checks]>([
  ['one that says what is wrong', () => Promise.resolve({ pump: 'has stopped' }), { pump: 'has stopped' }],
  ['one that throws', () => Promise.reject(new Error('secret')), { checks: 'failed to run' }],
  ['one that never ends', () => new Promise(() => undefined), { checks: 'failed to run' }],
])('a check fails: %s', async (_name, checks, expected) => {
  const { ask } = await startHealth(checks);
  const ready = await ask('GET', '/readyz');
  expect(ready.status).toBe(503);
  expect(ready.json.checks).toEqual({ redis: 'ok', ...expected });
  expect((await ask('GET', '/healthz')).status).toBe(200);
});

test('a replica is not ready, nor is a Redis that is paused, loading or gone; afterwards it is again', async () => {
  const { ask } = await startHealth();
  const wrong = async (): Promise<unknown> => {
    const { status, json } = await ask('GET', '/readyz');
    return status === 503 ? json.checks.redis : status;
  };
  const operator = redis!.client();
  await operator.replicaof('127.0.0.1', 1);
  expect(await wrong()).toContain('replica');
  await operator.replicaof('NO', 'ONE');
  expect(await wrong()).toBe(200);
  await operator.client('PAUSE', 2_500);
  expect(await wrong()).toBe('does not answer');
  await expect.poll(wrong, { timeout: 8_000 }).toBe(200);
  await redis!.kill9();
  expect(await wrong()).toBe('does not answer');
  expect((await ask('GET', '/healthz')).status).toBe(200);
  await redis!.restart();
  await expect.poll(wrong, { timeout: 8_000 }).toBe(200);
});

test('a user who may not ask for the role is not held up', async () => {
  redis = await startRedis();
  await redis.client().acl('SETUSER', 'default', '-role');
  const { ask } = await startHealth();
  expect((await ask('GET', '/readyz')).status).toBe(200);
});

test('a port that is taken is said in words', async () => {
  const { port } = await startHealth();
  await expect(startHealth(undefined, port)).rejects.toThrow(
    `HOST=127.0.0.1, HEALTH_PORT=${port}: another program listens`,
  );
});
