/** Addresses, logins, bodies and refusals of the Google Reader API. */
import { expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import { type Answer, adminPassword, apiToken, asAdmin, asReader, matchJson } from '../web.ts';
import { connect, form, LONG, makeToken, state } from './client.ts';

useWeb({}, '--appendonly', 'no');
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const login = (fields: Record<string, string>, path = '/greader/accounts/ClientLogin') =>
  web.ask('POST', path, FORM, form(fields));

test('the addresses that clients make up all lead there, and nowhere else', async () => {
  const { token, greader } = await makeToken('ann');
  expect(greader).toBe(`${web.url}/greader`);
  for (const base of ['/greader', '/greader/', '/api/greader.php', '/api/greader.php/', '//api/greader.php'])
    expect(await web.ask('GET', base)).toMatchObject({ status: 200, text: 'OK' });
  const headers = { authorization: `googlelogin AUTH=${token} ` };
  for (const base of [
    '/greader',
    '/api/greader.php',
    '//api//greader.php/',
    '/api/greader.php/api/greader.php',
    '/greader//greader',
    '//greader',
  ]) {
    const found = await web.ask('GET', `${base}/reader/api/0/user-info`, headers);
    expect([base, found.status, found.json]).toEqual([
      base,
      200,
      { userId: 'ann', userName: 'ann', userProfileId: 'ann', userEmail: 'ann' },
    ]);
    expect((await web.ask('GET', `${base}/reader/api/0/token/`, headers)).text).toBe(token);
  }
  for (const path of [
    '/greader/reader/api/0/x',
    '/greader/reader/x',
    '/greader/x',
    '/greader/../api/inboxes/ann',
  ])
    expect((await web.ask('GET', path, headers)).status, path).toBe(404);
  for (const path of ['/greaderx', '/xgreader', '/api/greader.phpx', '/reader/api/0/user-info'])
    expect((await web.ask('GET', path, headers)).headers['content-type'], path).toContain('problem+json');
  expect((await web.ask('OPTIONS', '/greader/reader/api/0/edit-tag')).status).toBe(204);
  expect((await web.ask('GET', '/greader', { host: 'evil.example' })).status).toBe(421);
});

test('a login answers as clients take it apart, by form and multipart; the name may come encoded, decoded or raw', async () => {
  const name = 'a&b+c%é';
  const { token } = await makeToken(name);
  const answer = `SID=${token}\nLSID=null\nAuth=${token}\n`;
  const extra = { service: 'reader', accountType: 'HOSTED_OR_GOOGLE', client: 'x', output: 'json' };
  const encoded = 'a%26b%2Bc%25%C3%A9';
  for (const Email of [name, encoded]) {
    const found = await login({ Email, Passwd: token, ...extra }, '/api/greader.php/accounts/ClientLogin');
    expect(found).toMatchObject({ status: 200, text: answer });
    expect(found.headers['content-type']).toBe('text/plain; charset=utf-8');
  }
  const raw = `service=reader&Email=${name}&Passwd=${token}&source=liferea`;
  expect((await web.ask('POST', '/greader/accounts/ClientLogin', FORM, raw)).text).toBe(answer);
  // It may stand in a value, if not after a line break and two dashes.
  const boundary = token.slice(3, 5);
  const part = (field: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`;
  const body = `${part('Email', name)}${part('Passwd', token)}--${boundary}--\r\n`;
  const type = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
  expect((await web.ask('POST', '/greader/accounts/ClientLogin', type, body)).text).toBe(answer);
  expect((await web.ask('POST', '/greader/accounts/ClientLogin', type, 'garbage')).status).toBe(400);
  // An Electron client says so, and a form body would be refused elsewhere.
  const origin = { ...FORM, origin: 'file://', 'sec-fetch-site': 'cross-site' };
  const fields = form({ Email: name, Passwd: token });
  expect((await web.ask('POST', '/greader/accounts/ClientLogin', origin, fields)).status).toBe(200);
});

test('what is no password opens nothing: 401, with no header that browsers or clients would act on', async () => {
  const { token, id } = await makeToken('ann');
  const { token: other } = await makeToken('bob');
  for (const Passwd of [other, apiToken, adminPassword, 'x'.repeat(43)]) {
    const found = await login({ Email: 'ann', Passwd });
    expect(found).toMatchObject({ status: 401, text: 'Unauthorized' });
    expect(found.headers['www-authenticate']).toBeUndefined();
  }
  for (const fields of [{}, { Email: 'ann' }, { Passwd: token }, { Email: '', Passwd: token }])
    expect((await login(fields as never)).status).toBe(400);
  const query = form({ Email: 'ann', Passwd: token });
  expect((await web.ask('GET', `/greader/accounts/ClientLogin?${query}`)).status).toBe(400);
  expect((await web.ask('POST', `/greader/accounts/ClientLogin?${query}`, FORM, '')).status).toBe(400);
  const path = '/greader/reader/api/0/stream/items/ids';
  for (const headers of [
    {},
    asReader,
    asAdmin,
    { authorization: `Bearer ${token}` },
    { authorization: `GoogleLogin auth=${other.slice(1)}` },
    { authorization: `GoogleLogin auth=` },
    { cookie: `skywire_inbox_token=${token}` },
  ] as Record<string, string>[]) {
    const found = await web.ask('GET', `${path}?T=${token}&auth=${token}`, headers);
    expect(found).toMatchObject({ status: 401, text: 'Unauthorized' });
    expect(found.headers['x-reader-google-bad-token']).toBe('true');
    expect(found.headers['www-authenticate']).toBeUndefined();
  }
  const post = (T: string, headers = {}) => web.ask('POST', path, { ...FORM, ...headers }, form({ T }));
  expect((await post(token)).status).toBe(200);
  expect((await post(`${token}\n`)).status).toBe(200);
  expect((await post(other.slice(1))).status).toBe(401);
  expect((await post(token, { authorization: 'GoogleLogin auth=x' })).status).toBe(401);
  for (const T of ['', 'x', `${token}\n`])
    expect((await connect(token).edit({ i: '1', a: state('read'), T })).text).toBe('OK');
  const served = () => redis.client().keys('feed-token:*:served');
  expect(await served()).toHaveLength(1);
  await web.ask('DELETE', `/api/inboxes/ann/feed-tokens/${id}`, asReader);
  expect((await connect(token).get('token')).status).toBe(401);
  expect((await login({ Email: 'ann', Passwd: token })).status).toBe(401);
  expect(await served()).toEqual([]);
  expect(web.logged.join('')).not.toContain(token);
});

test('failed logins of an address are limited', async () => {
  const { token } = await makeToken('ann');
  let last = 0;
  for (let n = 0; n < 40 && last !== 429; n += 1) last = (await login({ Email: 'ann', Passwd: 'x' })).status;
  const limited = await login({ Email: 'ann', Passwd: token });
  expect([last, limited.status]).toEqual([429, 429]);
  expect(limited.headers['content-type']).toContain('text/plain');
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
  // Who has a token goes on.
  expect((await connect(token).get('token')).status).toBe(200);
});

test('large bodies: 1,000 ids and more arrive whole, from 20,000 ids or 2 MiB on the answer is 413', async () => {
  await web.deliver('big', ...Array.from({ length: 5 }, (_, n) => matchJson(n)));
  const client = connect((await makeToken('big')).token);
  const [last] = (await client.ids({ r: 'o', n: '1' })).itemRefs.map(({ id }) => id);
  const many = Array.from({ length: 19_999 }, (_, n) => String(1_600_000_000_000_000 + n));
  expect((await client.items([...many, last!])).map(({ id }) => id)).toEqual([
    LONG + BigInt(last!).toString(16).padStart(16, '0'),
  ]);
  expect((await client.edit({ i: [...many, last!], a: state('read'), T: 'x' })).text).toBe('OK');
  expect((await client.counts()).max).toBe(4);
  for (const path of ['stream/items/contents', 'edit-tag']) {
    const tooMany = await client.post(path, { i: [...many, last!, '1'], a: state('read') });
    expect([tooMany.status, tooMany.headers['content-type']]).toEqual([413, 'text/plain; charset=utf-8']);
    expect((await client.post(path, { i: 'x'.repeat(2_097_152) })).status).toBe(413);
    expect((await client.post(path, { i: 'x'.repeat(2_000_000), a: state('read') })).status).toBe(200);
  }
});

test('ids count in a multipart body and in the query of a POST too; other bodies are refused', async () => {
  await web.deliver('parts', matchJson(1), matchJson(2));
  const { token } = await makeToken('parts');
  const client = connect(token);
  const [second, first] = (await client.ids()).itemRefs.map(({ id }) => id);
  const headers = { authorization: `GoogleLogin auth=${token}` };
  const path = '/greader/reader/api/0/edit-tag';
  const body = ['i', first!, 'a', state('read')];
  const multipart = [0, 2]
    .map((at) => `--x\r\nContent-Disposition: form-data; name="${body[at]}"\r\n\r\n${body[at + 1]}\r\n`)
    .join('');
  const type = { 'content-type': 'multipart/form-data; boundary=x' };
  expect((await web.ask('POST', path, { ...headers, ...type }, `${multipart}--x--\r\n`)).text).toBe('OK');
  expect((await client.counts()).max).toBe(1);
  expect((await client.post('edit-tag', { i: second! }, { a: state('read') })).text).toBe('OK');
  expect((await client.counts()).max).toBe(0);
  for (const other of [{ 'content-type': 'application/json' }, { ...FORM, 'content-encoding': 'gzip' }])
    expect((await web.ask('POST', path, { ...headers, ...other }, '{}')).status).toBe(415);
});

test('answers are compressed from 1 kB on where the client takes gzip', async () => {
  await web.deliver('zip', ...Array.from({ length: 300 }, (_, n) => matchJson(n)));
  const { token } = await makeToken('zip');
  for (const path of ['stream/items/ids', 'stream/contents'])
    for (const n of ['1', '300']) {
      const url = `${web.url}/greader/reader/api/0/${path}?n=${n}`;
      const answer = await fetch(url, {
        headers: { authorization: `GoogleLogin auth=${token}`, 'accept-encoding': 'gzip, deflate' },
      });
      const plain = await web.ask('GET', url.slice(web.url.length), {
        authorization: `GoogleLogin auth=${token}`,
      });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(await answer.text()).toBe(plain.text);
      const isLong = plain.text.length > 1_024;
      expect(answer.headers.get('content-encoding')).toBe(isLong ? 'gzip' : null);
    }
});

test('refusals are short text, whatever was asked', async () => {
  const client = connect((await makeToken('polite')).token);
  for (const path of ['subscription/edit', 'rename-tag', 'disable-tag', 'import/opml', 'subscription/import'])
    for (const answer of [await client.get(path), await client.post(path, { s: 'feed/1' })]) {
      expect([path, answer.status]).toEqual([path, 400]);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.text).not.toBe('OK');
    }
  expect((await client.post('subscription/quickadd', { quickadd: 'x' })).json).toMatchObject({
    numResults: 0,
  });
  for (const [path, body] of Object.entries({
    'preference/list': { prefs: [] },
    'preference/stream/list': { streamprefs: {} },
    'friend/list': { friends: [] },
  }))
    expect((await client.get(path)).json).toEqual(body);
  for (const path of ['edit-tag', 'mark-all-as-read']) {
    const answer = await client.get(path, { s: state('reading-list'), i: '1', a: state('read') });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  }
  for (const path of [
    'stream/contents/feed%2F1',
    'stream/contents/%',
    'stream/contents/user/-/label/Other',
    'stream/contents/x',
  ])
    expect((await client.get(path)).status, path).toBe(400);
});

test('a token may make a thousand requests at once', async () => {
  const client = connect((await makeToken('busy')).token);
  let limited: Answer | undefined;
  for (let n = 0; n < 5_000 && !limited; n += 50) {
    const some = await Promise.all(Array.from({ length: 50 }, () => client.get('preference/list')));
    limited = some.find(({ status }) => status !== 200);
    if (n < 950) expect(limited).toBeUndefined();
  }
  expect([limited!.status, limited!.headers['content-type']]).toEqual([429, 'text/plain; charset=utf-8']);
  expect(Number(limited!.headers['retry-after'])).toBeGreaterThan(0);
});
