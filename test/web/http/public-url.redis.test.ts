/** Behind a proxy: PUBLIC_URL with a path below the host, which the proxy strips or keeps, and TRUST_PROXY. */
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import {
  type Answer,
  asAdmin,
  asReader,
  basic,
  type Headers,
  matchJson,
  startWeb,
  type TestWeb,
} from '../web.ts';

const PUBLIC_URL = 'https://example.org/inbox';
useWeb({ publicUrl: PUBLIC_URL, trustProxy: 'loopback' });
const behind = { host: 'example.org', 'x-forwarded-proto': 'https' };

const scripts = ['operator/pages', 'reader'].flatMap((folder) =>
  readdirSync(new URL(`../../../src/web/${folder}`, import.meta.url)).filter((name) => name.endsWith('.js')),
);

let token: string;
beforeAll(async () => {
  await web.deliver('ann', matchJson(1));
  token = (await web.ask('POST', '/api/inboxes/ann/feed-tokens', { ...asReader, ...behind }, {})).json.token;
});

describe.each([
  ['strips the path', ''],
  ['keeps the path', '/inbox'],
])('a proxy that %s', (_, kept) => {
  const ask = (method: string, path: string, headers: Headers = {}, body?: object): Promise<Answer> =>
    web.ask(method, kept + path, { ...behind, ...headers }, body);

  test('every link of a page stays below it, and is served', async () => {
    for (const path of ['/', '/inboxes', '/parked', '/reader/ann', '/api/docs', '/dashboard']) {
      const page = await ask('GET', path, asAdmin);
      expect(page.status, path).toBe(200);
      const base = new URL(/<base href="([^"]+)"/.exec(page.text)?.[1] ?? '', `${PUBLIC_URL}${path}`);
      const links = [...page.text.matchAll(/(?:href|src)="((?!data:|#)[^"]+)"/g)].map(
        ([, to]) => new URL(to!, base),
      );
      expect(links.length, path).toBeGreaterThan(0);
      for (const link of links) {
        expect(link.href).toMatch(/^https:\/\/example\.org\/inbox\//);
        const below = kept ? link.pathname : link.pathname.slice('/inbox'.length);
        expect((await web.ask('GET', below, { ...behind, ...asAdmin })).status, `${path}: ${link.href}`).toBe(
          200,
        );
      }
    }
  });

  test('no script writes an address that would leave the path', async () => {
    for (const name of scripts) {
      const { status, text } = await ask('GET', `/assets/${name}`);
      expect(status).toBe(200);
      expect(text, name).not.toMatch(/(?:href: |fetch\(|EventSource\(|location(?:\.href)? = )['"`]\//);
    }
  });

  test('the dashboard knows its path', async () => {
    const { text } = await ask('GET', '/dashboard', asAdmin);
    expect(text).toContain('<base href="/inbox/dashboard/"');
    for (const path of ['/inbox/', '/inbox/inboxes', '/inbox/parked', '/inbox/api/docs'])
      expect(text).toContain(`"url":"${path}"`);
  });

  test('feed, token and description name PUBLIC_URL', async () => {
    const { urls } = (await ask('POST', '/api/inboxes/ann/feed-tokens', asReader, {})).json;
    expect(urls.reader).toMatch(/^https:\/\/example\.org\/inbox\/reader\/ann\?token=/);
    expect(urls.json).toMatch(/^https:\/\/example\.org\/inbox\/feeds\/[\w-]+\.json$/);
    const feed = (await ask('GET', `/feeds/${token}.json?unread=1`)).json;
    expect(feed.feed_url).toBe(`${PUBLIC_URL}/feeds/${token}.json?unread=true`);
    expect(feed.home_page_url).toBe(`${PUBLIC_URL}/reader/ann`);
    for (const kind of ['rss', 'atom'])
      expect((await ask('GET', `/feeds/${token}.${kind}`)).text).toContain(
        `href="${PUBLIC_URL}/feeds/${token}.${kind}"`,
      );
    expect((await ask('GET', '/openapi.json')).json.servers).toEqual([{ url: PUBLIC_URL }]);
  });

  test('a token becomes a cookie of this path, for https only', async () => {
    const { status, headers } = await ask('GET', `/reader/ann?token=${token}`);
    expect([status, headers.location]).toEqual([303, '/inbox/reader/ann']);
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/; Path=\/inbox\/reader\/ann; .*; Secure$/),
      expect.stringMatching(/; Path=\/inbox\/api\/inboxes\/ann; .*; Secure$/),
    ]);
  });

  test('an error names the address that was asked', async () => {
    expect((await ask('GET', '/nowhere?a')).json.instance).toBe('/inbox/nowhere');
  });

  test('a write from its own page is taken, from any other refused', async () => {
    const write = async (headers: Headers) =>
      (await ask('PUT', '/api/subscriptions/s/subscribers/ann', { ...asReader, ...headers })).status;
    expect(await write({ origin: 'https://example.org', 'sec-fetch-site': 'same-origin' })).toBe(204);
    expect(await write({ origin: 'https://example.org', host: `127.0.0.1:${web.port}` })).toBe(204);
    for (const origin of [
      'https://evil.example',
      'http://example.org',
      'https://example.org:8443',
      'https://example.org.evil.example',
      'null',
    ])
      expect(await write({ origin }), origin).toBe(403);
    expect(await write({ origin: 'https://example.org', 'sec-fetch-site': 'cross-site' })).toBe(403);
  });
});

test('/inbox itself is the overview, and what only begins like it is none of ours', async () => {
  for (const path of ['/inbox', '/inbox/', '/inbox?a=1'])
    expect((await web.ask('GET', path, { ...behind, ...asAdmin })).status, path).toBe(200);
  for (const path of ['/inboxes-x', '/inbox2/parked', '/INBOX/parked'])
    expect((await web.ask('GET', path, { ...behind, ...asAdmin })).status, path).toBe(404);
});

test('on loopback no other Host is taken, whatever X-Forwarded-Host says', async () => {
  for (const host of ['example.org', 'EXAMPLE.org:443', 'localhost:3000'])
    expect((await web.ask('GET', '/healthz', { host })).status, host).toBe(200);
  for (const host of ['evil.example', 'example.org.evil.example', 'xexample.org', 'example'])
    expect((await web.ask('GET', '/healthz', { host, 'x-forwarded-host': 'example.org' })).status, host).toBe(
      421,
    );
});

describe('without PUBLIC_URL', () => {
  let plain: TestWeb;
  let trusting: TestWeb;
  beforeAll(async () => {
    plain = await startWeb(redis);
    trusting = await startWeb(redis, { trustProxy: '127.0.0.1' });
    return () => Promise.all([plain.stop(), trusting.stop()]);
  });

  test('X-Forwarded-Proto is believed from a trusted proxy alone, X-Forwarded-Host from nobody', async () => {
    const forwarded = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-prefix': '/evil',
    };
    for (const [one, scheme] of [
      [plain, 'http'],
      [trusting, 'https'],
    ] as const) {
      const { urls } = (
        await one.ask('POST', '/api/inboxes/ann/feed-tokens', { ...asReader, ...forwarded }, {})
      ).json;
      expect(urls.rss).toMatch(new RegExp(`^${scheme}://127\\.0\\.0\\.1:${one.port}/feeds/`));
      const { headers } = await one.ask('GET', `/reader/ann?token=${token}`, forwarded);
      expect(headers['set-cookie']![0]!.endsWith('; Secure')).toBe(scheme === 'https');
    }
    expect((await plain.ask('GET', '/openapi.json')).json).not.toHaveProperty('servers');
  });

  test('/metrics is open on loopback, and takes a credential where PUBLIC_URL is set', async () => {
    expect((await plain.ask('GET', '/metrics')).status).toBe(200);
    for (const host of ['example.org', `127.0.0.1:${web.port}`]) {
      expect((await web.ask('GET', '/metrics', { host })).status).toBe(401);
      for (const login of [asReader, asAdmin])
        expect((await web.ask('GET', '/metrics', { host, ...login })).status).toBe(200);
    }
  });

  test.each([
    ['API_TOKEN', { apiToken: 'tökén-1234567890' }, asReader],
    ['ADMIN_PASSWORD', { adminPassword: 'admin-Pw:1' }, asAdmin],
  ] as const)('/metrics takes it with a PUBLIC_URL on loopback and %s alone', async (_, set, login) => {
    const half = await startWeb(redis, {
      access: { adminUser: 'admin', ...set },
      publicUrl: 'http://localhost:1234',
    });
    expect((await half.ask('GET', '/metrics')).status).toBe(401);
    expect((await half.ask('GET', '/metrics', login)).status).toBe(200);
    await half.stop();
  });
});

describe("the client's address", () => {
  const from = (address: string): Headers => ({ ...behind, 'x-forwarded-for': address });
  const status = async (one: TestWeb, headers: Headers) => (await one.ask('GET', '/parked', headers)).status;
  const wrong = { authorization: basic('admin', 'guess') };

  test('a stranger who guesses turns away nobody else, and cannot change who he is', async () => {
    for (let guess = 0; guess < 25; guess += 1)
      await status(web, { ...wrong, ...from(`198.51.100.${guess}, 203.0.113.66`) });
    expect(await status(web, { ...asAdmin, ...from('203.0.113.66') })).toBe(429);
    expect(await status(web, { ...asAdmin, ...from('203.0.113.5') })).toBe(200);
    expect(await status(web, { ...asAdmin, ...from('198.51.100.1') })).toBe(200);
    expect(await status(web, { ...asAdmin, ...from('[2001:db8::5]:443') })).toBe(200);
  });

  test('the header of somebody who is no proxy changes nothing', async () => {
    const open = await startWeb(redis, { trustProxy: '192.0.2.1' });
    for (let guess = 0; guess < 25; guess += 1)
      await status(open, { ...wrong, 'x-forwarded-for': `198.51.100.${guess}` });
    expect(await status(open, { ...asAdmin, 'x-forwarded-for': '203.0.113.5' })).toBe(429);
    await open.stop();
  });

  test('the operator log and the limit of wrong feed tokens go by it', async () => {
    expect(
      (await web.ask('GET', '/operator/parked/export', { ...asAdmin, ...from('1.1.1.1, 203.0.113.7') }))
        .status,
    ).toBe(200);
    expect((await web.parked.operatorLog.latest(1))[0]).toMatchObject({ from: '203.0.113.7' });
    const guess = async (address: string) =>
      (await web.ask('GET', `/feeds/${'x'.repeat(43)}.rss`, from(address))).status;
    const answers = await Promise.all(Array.from({ length: 130 }, () => guess('203.0.113.8')));
    expect(answers).toContain(429);
    expect(await guess('203.0.113.9')).toBe(404);
  });
});

test("an idle connection outlives the proxy's", async () => {
  const agent = new Agent({ keepAlive: true });
  const keepAlive = await new Promise((resolve, reject) => {
    const path = '/healthz';
    request({ agent, port: web.port, path }, (res) => resolve(res.resume().headers['keep-alive']))
      .on('error', reject)
      .end();
  });
  agent.destroy();
  expect(Number(/timeout=(\d+)/.exec(String(keepAlive))?.[1])).toBeGreaterThanOrEqual(61);
});
