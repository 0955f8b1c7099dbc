import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { createGet } from '../../src/bluesky/http/get.ts';
import type { Resolve } from '../../src/bluesky/http/where.ts';
import { isPublicAddress } from '../../src/config/addresses.ts';

const stops: (() => void)[] = [];
afterAll(() => {
  for (const stop of stops) stop();
});

async function serve(answer: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url!);
    answer(req, res);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  stops.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function getter(options: Partial<Parameters<typeof createGet>[0]> = {}) {
  const get = createGet({ allowsLoopback: true, ...options });
  stops.push(get.close);
  return get;
}

test('no form of an inside address is public', () => {
  const inside = [
    '0.0.0.0 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1',
    '192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255',
    ':: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::7f00:1 100::1',
    '2001::1 2001:0:7f00:1::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 fc00::1 fd12::1 fe80::1 fe80::1%lo fec0::1 ff02::1 5f00::1',
    'localhost 127.1 0x7f.1 2130706433',
  ].join(' ');
  for (const address of inside.split(' '))
    expect([address, isPublicAddress(address)]).toEqual([address, false]);
  for (const address of [
    '8.8.8.8',
    '100.128.0.1',
    '172.32.0.1',
    '1.1.1.1',
    '2606:4700:4700::1111',
    '2a00:1450::1',
  ])
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
});

test('nothing is sent to an inside address, however it is written, nor to another port or protocol', async () => {
  const hosts = [
    '127.0.0.1 127.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1. %31%32%37.0.0.1 １２７.0.0.1 10.1.2.3 169.254.169.254',
    '[::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [fd00::1] [fe80::1]',
  ].join(' ');
  for (const allowsLoopback of [false, true]) {
    const get = getter({ allowsLoopback });
    for (const host of hosts.split(' '))
      expect([host, await get(`https://${host}/`)]).toEqual([
        host,
        expect.objectContaining({ failed: 'not-allowed' }),
      ]);
    for (const url of [
      'https://8.8.8.8:8443/',
      'ftp://8.8.8.8/',
      'file:///etc/passwd',
      'https://a:b@8.8.8.8/',
      'http://8.8.8.8/',
      'x',
    ])
      expect([url, await get(url)]).toEqual([url, expect.objectContaining({ failed: 'not-allowed' })]);
  }
  const { url, asked } = await serve((_req, res) => res.end('{}'));
  expect(await getter({ allowsLoopback: false })(url)).toMatchObject({ failed: 'not-allowed' });
  expect(asked).toEqual([]);
});

test('a name of which one address is inside is not asked, and a name is resolved once', async () => {
  const { url, asked } = await serve((_req, res) => res.end('{"a":1}'));
  const port = new URL(url).port;
  const names: string[] = [];
  const resolves =
    (...addresses: string[]): Resolve =>
    (name, done) => {
      names.push(name);
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
  for (const addresses of [['127.0.0.1'], ['::1'], ['8.8.8.8', '10.0.0.1'], ['::ffff:10.0.0.1'], []])
    expect(await getter({ resolve: resolves(...addresses) })('https://pds.example/')).toMatchObject({
      failed: 'not-allowed',
    });
  // Over plain http, a name must lead to loopback and nowhere else.
  expect(await getter({ resolve: resolves('8.8.8.8') })('http://pds.example/')).toMatchObject({
    failed: 'not-allowed',
  });
  names.length = 0;
  // The address that was checked is the one that is connected to: the name itself leads nowhere.
  expect(await getter({ resolve: resolves('127.0.0.1') })(`http://pds.example:${port}/x`)).toEqual({
    status: 200,
    json: { a: 1 },
  });
  expect([names, asked]).toEqual([['pds.example'], ['/x']]);
});

test('no redirect is followed; time and size are bounded; what is no answer says nothing', async () => {
  const big = Buffer.alloc(3_000, 32);
  const { url, asked } = await serve((req, res) => {
    const path = req.url!;
    if (path === '/moved') return res.writeHead(302, { location: '/secret' }).end('{}');
    if (path === '/slow') return void res.write('{');
    if (path === '/large') return void res.end(big);
    // Without a length, and for ever.
    if (path === '/endless') return void res.write(big);
    if (path === '/cut') return void (res.write('{"a":'), setImmediate(() => res.destroy()));
    if (path === '/deep') return res.end('['.repeat(900));
    if (path === '/busy') return res.writeHead(429, { 'retry-after': '7' }).end();
    if (path === '/later')
      return res
        .writeHead(503, {
          'retry-after': 'Fri, 27 Nov 2026 00:00:09 GMT',
          date: 'Fri, 27 Nov 2026 00:00:00 GMT',
        })
        .end();
    return res.writeHead(400).end('{"error":"InvalidRequest"}');
  });
  const get = getter({ mostBytes: 2_000, timeoutMs: 700 });
  const answers = await Promise.all(
    ['moved', 'slow', 'large', 'endless', 'cut', 'deep', 'busy', 'later', 'x'].map((path) =>
      get(`${url}/${path}`),
    ),
  );
  const failed = (why: string) => expect.objectContaining({ failed: why });
  expect(answers).toEqual([
    failed('garbage'),
    failed('timeout'),
    failed('too-large'),
    failed('too-large'),
    failed('unreachable'),
    failed('garbage'),
    expect.objectContaining({ failed: 'throttled', retryAfterMs: 7_000 }),
    expect.objectContaining({ failed: 'server-error', retryAfterMs: 9_000 }),
    { status: 400, json: { error: 'InvalidRequest' } },
  ]);
  expect(asked).not.toContain('/secret');
});
