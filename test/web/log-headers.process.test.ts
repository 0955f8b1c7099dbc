/** No header of a request reaches the log, whatever is asked, at the lowest level, and when Redis fails. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../fixtures/project-root.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, startRole } from '../fixtures/roles.ts';

const API_TOKEN = 'hush-api-token';
const ADMIN_PASSWORD = 'hush-password';
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await endRoles();
  await redis.stop();
});

const basic = Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64');
const login = { authorization: `Basic ${basic}` };
const others = {
  cookie: 'feed-token=hush-cookie',
  T: 'hush-t',
  'x-api-key': 'hush-key',
  'x-forwarded-for': 'hush-address',
  'user-agent': 'hush-agent',
  referer: 'http://hush-page/',
  'last-event-id': 'hush-id',
};
const asked: [path: string, init: RequestInit][] = [
  ['/api/inboxes/ann/items', { headers: { authorization: `Bearer ${API_TOKEN}` } }],
  ['/api/inboxes/ann/items', { headers: { authorization: 'Bearer hush-wrong' } }],
  ['/api/inboxes/ann/read', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }],
  ['/feeds/ann.rss?token=hush-query', {}],
  ['/reader/ann', {}],
  ['/greader/reader/api/0/user-info', { headers: { authorization: 'GoogleLogin auth=ann/hush-auth' } }],
  ['/greader/accounts/ClientLogin', { method: 'POST', body: 'Email=ann&Passwd=hush-passwd&T=hush-t' }],
  ['/dashboard/api/queues', { headers: login }],
  ['/operator/figures', { headers: login }],
  ['/parked', { headers: { authorization: 'Basic hush-wrong' } }],
  ['/metrics', { headers: login }],
  ['/nothing/here', { method: 'PUT' }],
];

test('no header is logged by any route, also while Redis is away', async () => {
  const env = { REDIS_URL: redis.url, LOG_LEVEL: 'trace', API_TOKEN, ADMIN_PASSWORD };
  const web = await (await startRole('web', env)).ready();
  const askAll = () =>
    Promise.all(
      asked.map(async ([path, init]) => {
        const headers = { ...others, ...(init.headers as object) };
        const res = await fetch(web.url + path, { ...init, headers, redirect: 'manual' });
        await res.arrayBuffer();
        return res.status;
      }),
    );
  const well = await askAll();
  expect(well.slice(0, 2)).toEqual([200, 401]);
  await redis.kill9();
  expect(await askAll()).toContain(503);
  expect(web.output()).toContain('request not served');
  expect(web.output()).not.toContain('hush');
  expect(web.output()).not.toContain(basic);
}, 60_000);

test('what is given to the logger loses headers, and errors what libraries attach to them', async () => {
  const script = `
    const { createLogger } = await import(${JSON.stringify(join(projectRoot, 'dist/src/observe/logger.js'))});
    const { IncomingMessage } = await import('node:http');
    const { Socket } = await import('node:net');
    const log = createLogger('trace', 'test', false);
    const headers = { authorization: 'hush', cookie: 'hush', 'x-any': 'hush' };
    const req = Object.assign(new IncomingMessage(new Socket()), { url: 'hush' });
    req.headers = headers;
    const error = Object.assign(new Error('broke'), { config: { headers }, req, cause: { headers } });
    log.error(error);
    log.trace({ req, res: { req }, error, errors: [error] }, 'objects');
    log.debug({ headers, request: { rawHeaders: ['T', 'hush'], method: 'GET' }, list: [{ Cookie: 'hush' }] }, 'plain');
    log.info({ T: 'hush', 'X-Api-Key': 'hush', 'Set-Cookie': 'hush', deep: { a: { b: { c: { d: { e: 'hush' } } } } } }, 'named');
    log.warn({ stream: 's', ids: ['1-0', '2-0'], count: 2, of: null, gone: undefined }, 'as it is');
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout).not.toContain('hush');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({
    level: 50,
    msg: 'broke',
    err: { message: 'broke', stack: expect.any(String) },
  });
  expect(lines[1]).toMatchObject({ req: '[IncomingMessage]', error: { type: 'Error', message: 'broke' } });
  expect(lines[2]).toMatchObject({ request: { rawHeaders: '…', method: 'GET' } });
  expect(lines[4]).toMatchObject({ stream: 's', ids: ['1-0', '2-0'], count: 2, of: null, msg: 'as it is' });
});
