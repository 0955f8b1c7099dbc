import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import { asAdmin, asReader, type Headers, startWeb } from '../web.ts';

useWeb();

const register = '/api/subscriptions/guarded/subscribers/ann';
const addJob = '/dashboard/api/queues/parked/add';

const own = (): string => `http://127.0.0.1:${web.port}`;

describe('a write is refused', () => {
  const refused: [name: string, status: number, headers: () => Headers, body?: string][] = [
    ['from another origin', 403, () => ({ origin: 'http://evil.example' })],
    ['from another port of this machine', 403, () => ({ origin: 'http://127.0.0.1:1' })],
    ['from the origin null', 403, () => ({ origin: 'null' })],
    ['from an origin that is none', 403, () => ({ origin: 'about:blank' })],
    ['from an empty origin', 403, () => ({ origin: '' })],
    ['from another site', 403, () => ({ 'sec-fetch-site': 'cross-site' })],
    ['from another host of the same site', 403, () => ({ 'sec-fetch-site': 'same-site', origin: own() })],
    ['as a form', 415, () => ({ 'content-type': 'application/x-www-form-urlencoded' }), 'a=1'],
    ['as text', 415, () => ({ 'content-type': 'text/plain' }), '{"name":"x"}'],
    ['as a multipart form', 415, () => ({ 'content-type': 'multipart/form-data; boundary=x' }), '--x--'],
    ['as something like JSON', 415, () => ({ 'content-type': 'text/plain; application/json' }), '{}'],
    ['without a content type', 415, () => ({}), '{}'],
    ['in chunks of a form', 415, () => ({ 'transfer-encoding': 'chunked', 'content-type': 'text/plain' })],
  ];
  for (const [name, status, headers, body] of refused) {
    test.each([
      ['PUT', register, asReader],
      ['POST', addJob, asAdmin],
      ['POST', '/nowhere', {}],
      ['PATCH', '/dashboard/api/queues/parked/1/update-data', asAdmin],
      ['PURGE', '/', {}],
    ])(`${name}: %s %s`, async (method, path, login) => {
      const answer = await web.ask(method, path, { ...login, ...headers() }, body);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    });
  }

  test('and has changed nothing', async () => {
    expect((await web.ask('GET', '/api/subscriptions/guarded', asReader)).status).toBe(404);
    expect(await web.queues.parked.queue.getJobCountByTypes('waiting')).toBe(0);
  });
});

describe('a write is taken', () => {
  test.each<[string, () => Headers]>([
    ['from this very page', () => ({ origin: own(), 'sec-fetch-site': 'same-origin' })],
    ['from behind a proxy that ends TLS', () => ({ origin: `https://127.0.0.1:${web.port}` })],
    ['from the address bar', () => ({ 'sec-fetch-site': 'none' })],
    ['from no browser', () => ({})],
    ['with an empty body', () => ({ 'content-length': '0' })],
    ['with JSON in another spelling', () => ({ 'content-type': 'Application/JSON ; charset=utf-8' })],
  ])('%s', async (name, headers) => {
    const body = name.startsWith('with JSON') ? '{}' : undefined;
    expect((await web.ask('PUT', register, { ...asReader, ...headers() }, body)).status).toBe(204);
  });
});

describe('on loopback', () => {
  test.each([
    'evil.example',
    `evil.example:80`,
    '127.0.0.1.evil.example',
    'localhost.evil.example:3000',
    '10.0.0.1',
    '[::2]',
    '127.0.0.1@evil.example',
    '127.0.0.1:1:2',
    '::1',
    '',
  ])('the Host %j is refused', async (host) => {
    for (const path of ['/', '/healthz', '/api/inboxes/a', '/dashboard', '/metrics']) {
      expect((await web.ask('GET', path, { ...asReader, host })).status).toBe(421);
    }
  });

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '127.1.2.3:99', '[::1]', '[::1]:3000'])(
    'the Host %j is taken',
    async (host) => expect((await web.ask('GET', '/healthz', { host })).status).toBe(200),
  );

  test('a request without a Host is refused', async () => {
    expect(await raw('GET /healthz HTTP/1.0\r\n\r\n')).toContain(' 421 ');
    expect(await raw('GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n')).toContain(' 400 ');
  });
});

test('off loopback any Host is taken, and nothing is open', async () => {
  const open = await startWeb(redis, { isLoopback: false });
  const host = 'inbox.example';
  expect((await open.ask('GET', '/healthz', { host })).status).toBe(200);
  expect((await open.ask('GET', '/metrics', { host })).status).toBe(401);
  expect((await open.ask('GET', '/metrics', { host, ...asReader })).status).toBe(200);
  expect((await open.ask('GET', '/metrics', { host, ...asAdmin })).status).toBe(200);
  expect((await open.ask('GET', '/api/inboxes/a', { host })).status).toBe(401);
  expect((await open.ask('GET', '/dashboard', { host })).status).toBe(401);
  await open.stop();
  const naked = await startWeb(redis, { isLoopback: false, access: { adminUser: 'admin' } });
  for (const path of ['/api/inboxes/a', '/dashboard', '/metrics']) {
    expect((await naked.ask('GET', path, { host, authorization: 'Bearer undefined' })).status).toBe(401);
  }
  await naked.stop();
});

test('no answer lets another site in, names the program, or is kept where it must not be', async () => {
  const preflight = await web.ask('OPTIONS', register, {
    ...asReader,
    origin: 'http://evil.example',
    'access-control-request-method': 'PUT',
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.allow).toBe('PUT, DELETE');
  for (const path of [
    '/',
    '/dashboard',
    '/api/inboxes/a',
    '/dashboard/api/queues',
    '/healthz',
    '/nowhere',
    '/openapi.json',
  ]) {
    const { headers } = await web.ask('GET', path, path.startsWith('/api') ? asReader : asAdmin);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    if (/api|health/.test(path) && path !== '/openapi.json')
      expect(headers['cache-control']).toBe('no-store');
  }
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(web.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (part) => {
      answer += part.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
