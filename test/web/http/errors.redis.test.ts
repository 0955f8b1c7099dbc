import { describe, expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import { type Answer, apiToken, asReader, type Headers } from '../web.ts';

useWeb();

const items = '/api/inboxes/a/items';
const read = '/api/inboxes/a/read';
const long = 'x'.repeat(513);

function expectProblem(answer: Answer, status: number, path: string): void {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.json).toMatchObject({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z]/),
    status,
    detail: expect.stringMatching(/^[A-Za-z]/),
    instance: path.split('?', 1)[0],
  });
  expect(answer.text).not.toMatch(/ at .*:\d+:\d+|node_modules|[\p{Cc}\p{Cf}]/u);
  expect(answer.text).not.toContain(apiToken);
}

const limitDetail = /^limit: must be a whole number from 1 to 1000/;
const idDetail = /: must be an item id, <digits>-<digits>$/;
const nameDetail = /: must be 1 to 512 bytes of valid Unicode/;

describe('a GET is refused with', () => {
  test.each<[path: string, status: number, detail: RegExp]>([
    ...['0', '-1', '1e9', 'abc', '', '1001', '1.5', '%201', '0x10', '99999999999999999999', '1&limit=2'].map(
      (limit): [string, number, RegExp] => [`${items}?limit=${limit}`, 400, limitDetail],
    ),
    ...[
      '',
      'abc',
      '1',
      '1-',
      '-1',
      '1-1-1',
      '1-a',
      '$',
      '+',
      '(1-1',
      '1-1%00',
      '%0A1-1',
      '18446744073709551616-0',
    ].flatMap((id): [string, number, RegExp][] => [
      [`${items}?before=${id}`, 400, idDetail],
      [`${items}?after=${id}`, 400, idDetail],
    ]),
    [`${items}?after=0-18446744073709551616`, 400, idDetail],
    [`${items}?after=${'9'.repeat(5_000)}-0`, 400, idDetail],
    [`${items}?after=٣-٣`.replace(/[^\x20-\x7e]/g, encodeURIComponent), 400, idDetail],
    [`${items}?before=1-1&after=1-1`, 400, /before or after, not both/],
    [`${items}?unread=yes`, 400, /^unread: must be true, false, 1 or 0/],
    [`${items}?unread=__proto__`, 400, /^unread: must be/],
    [`${items}?starred=`, 400, /^starred: must be/],
    [`${items}?subscription=`, 400, nameDetail],
    [`${items}?subscription=${long}`, 400, nameDetail],
    [`${items}?limt=5`, 400, /^unknown parameter "limt"/],
    [`${items}?%1b%e2%80%ae=1`, 400, /^unknown parameter "\\u001b\\u202e"/],
    [`${items}?__proto__=1`, 400, /^unknown parameter "__proto__"/],
    [`${items}?limit[]=5`, 400, /^unknown parameter/],
    ['/api/inboxes/a?limit=1', 400, /^unknown parameter "limit"/],
    [`/api/inboxes/${long}`, 400, nameDetail],
    [`/api/inboxes/${long}/items`, 400, nameDetail],
    [`/api/subscriptions/${long}`, 400, nameDetail],
    [`/api/subscriptions/a?after=${long}`, 400, nameDetail],
    ['/api/subscriptions/a?limit=0', 400, limitDetail],
    ['/api/subscriptions/a', 404, /ever registered/],
    ['/api/inboxes/%', 400, /percent-encoded/],
    ['/api/inboxes/%zz/items', 400, /percent-encoded/],
    ['/api/inboxes/%ff', 400, /percent-encoded/],
    ['/api/inboxes/%ed%a0%80', 400, /percent-encoded/],
    [`${items}?subscription=%ff`, 400, /percent-encoded/],
    ['/%c0%af', 400, /percent-encoded/],
    ['/dashboard/static/%', 400, /percent-encoded/],
    ['/nowhere', 404, /nothing at this address/],
    ['/api', 404, /nothing/],
    ['/api/', 404, /nothing/],
    ['/api/inboxes//items', 404, /nothing/],
    ['/api/inboxes/a/b/c', 404, /nothing/],
    ['/API/inboxes/a', 404, /nothing/],
    ['/healthz/x', 404, /nothing/],
    ['//evil.example/', 404, /nothing/],
    ['/constructor', 404, /nothing/],
  ])('%s → %i', async (path, status, detail) => {
    const answer = await web.ask('GET', path, asReader);
    expectProblem(answer, status, path);
    expect(answer.json.detail).toMatch(detail);
  });
});

describe('a body is refused with', () => {
  const readDetail = /must be {"ids": \[1 to 1000 item ids\]} or {"up_to": an item id}/;
  test.each<[name: string, body: string | undefined, status: number, detail: RegExp]>([
    ['nothing', undefined, 400, readDetail],
    ['an empty object', '{}', 400, readDetail],
    ['a list', '[]', 400, readDetail],
    ['a scalar', '1', 400, /not JSON/],
    ['no JSON', '{"ids":', 400, /not JSON/],
    ['no ids', '{"ids":[]}', 400, /^ids: must be a list of 1 to 1000 item ids/],
    ['too many ids', JSON.stringify({ ids: Array.from({ length: 1001 }, () => '1-1') }), 400, readDetail],
    ['ids that are none', '{"ids":["a"]}', 400, readDetail],
    ['an id that is a number', '{"up_to":1}', 400, readDetail],
    ['both', '{"ids":["1-1"],"up_to":"1-1"}', 400, readDetail],
    ['an unknown member', '{"up_to":"1-1","x":1}', 400, /^unknown member "x"/],
    ['a prototype', '{"__proto__":{"up_to":"1-1"}}', 400, readDetail],
    ['256 kB and more', `{"ids":["${'1'.repeat(262_144)}"]}`, 413, /larger than 256 kB/],
    ['a depth of 50,000', '['.repeat(50_000), 400, /not JSON/],
  ])('%s → 4xx', async (_name, body, status, detail) => {
    const headers = { ...asReader, 'content-type': 'application/json' };
    const answer = await web.ask('POST', read, headers, body);
    expectProblem(answer, status, read);
    expect(answer.json.detail).toMatch(detail);
  });

  test.each<Headers>([
    { 'content-encoding': 'gzip' },
    { 'content-type': 'application/json; charset=latin1' },
  ])('another encoding (%j) → 415', async (headers) => {
    const all = { ...asReader, 'content-type': 'application/json', ...headers };
    expectProblem(await web.ask('POST', read, all, '{}'), 415, read);
  });

  test('ids only where unread is meant', async () => {
    const answer = await web.ask('POST', '/api/inboxes/a/unread', asReader, { up_to: '1-1' });
    expectProblem(answer, 400, '/api/inboxes/a/unread');
  });
});

test.each([
  ['POST', '/api/inboxes', 'GET, HEAD'],
  ['POST', '/api/inboxes/a', 'DELETE, GET, HEAD'],
  ['DELETE', items, 'GET, HEAD'],
  ['GET', read, 'POST'],
  ['PATCH', '/api/subscriptions/a', 'GET, PUT, DELETE, HEAD'],
  ['POST', '/api/subscriptions/a/subscribers/b', 'PUT, DELETE'],
  ['GET', `${items}/1-1/star`, 'PUT, DELETE'],
  ['POST', '/healthz', 'GET, HEAD'],
  ['DELETE', '/metrics', 'GET, HEAD'],
  ['PUT', '/openapi.json', 'GET, HEAD'],
  ['POST', '/', 'GET, HEAD'],
])('%s %s → 405, with what is allowed', async (method, path, allow) => {
  const answer = await web.ask(method, path, asReader);
  expectProblem(answer, 405, path);
  expect(answer.headers.allow).toBe(allow);
});

test('HEAD is answered like GET, without a body', async () => {
  for (const path of ['/healthz', items, '/openapi.json']) {
    const answer = await web.ask('HEAD', path, asReader);
    expect(answer.status).toBeLessThan(400);
    expect(answer.text).toBe('');
  }
});

test('an id that is too large is refused in the path of a star', async () => {
  for (const id of ['x', '99999999999999999999-0', '1-1%2F']) {
    expectProblem(await web.ask('PUT', `${items}/${id}/star`, asReader), 400, `${items}/${id}/star`);
  }
});

test("a key of the wrong type under an inbox's name is a conflict, said in words", async () => {
  await redis.client().set('inbox:{wrong}', 'text');
  for (const path of ['/api/inboxes/wrong', '/api/inboxes/wrong/items']) {
    expectProblem(await web.ask('GET', path, asReader), 409, path);
  }
  expectProblem(
    await web.ask('POST', '/api/inboxes/wrong/read', asReader, { ids: ['1-1'] }),
    409,
    '/api/inboxes/wrong/read',
  );
});

test('the root takes the login, the icon is none', async () => {
  expect((await web.ask('GET', '/')).status).toBe(401);
  expect((await web.ask('GET', '/favicon.ico')).status).toBe(204);
});

test('nothing of all this was an error of ours', () => expect(web.logged).toEqual([]));
