import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ConfigError, toConfig } from '../../src/config/config.ts';
import { proxies, publicUrl } from '../../src/config/public-url.ts';

const secrets = { API_TOKEN: 'token-1234', ADMIN_PASSWORD: 'password-1' };
const config = (env: Record<string, string>) => toConfig(env, { listens: () => true });
function problems(env: Record<string, string>): string {
  try {
    config(env);
  } catch (error) {
    return (error as ConfigError).message;
  }
  return '';
}

test.each([
  ['https://inbox.example', 'https://inbox.example', ''],
  ['https://inbox.example/', 'https://inbox.example', ''],
  ['https://Example.org:443/inbox/', 'https://example.org/inbox', '/inbox'],
  ['http://example.org:8080/a/b', 'http://example.org:8080/a/b', '/a/b'],
  ['https://[2001:db8::1]/in-box_1.2~', 'https://[2001:db8::1]/in-box_1.2~', '/in-box_1.2~'],
  ['https://bücher.example', 'https://xn--bcher-kva.example', ''],
])('PUBLIC_URL=%s is %s', (text, href, path) => {
  expect(config({ ...secrets, PUBLIC_URL: text }).http.publicUrl).toMatchObject({ href, path });
});

test.each([
  'inbox.example',
  '//inbox.example',
  'ftp://inbox.example',
  'https://',
  'https://user:secret@inbox.example',
  'https://inbox.example/?a=1',
  'https://inbox.example/#a',
  'https://inbox.example//elsewhere.example',
  'https://inbox.example/a b',
  'https://inbox.example/a;b',
  'https://inbox.example/"><script>',
  'https://inbox.example/%2e%2e',
  'https://inbox.example:99999',
  'https://in"box.example',
  "https://inbox';.example",
])('PUBLIC_URL=%s is refused', (text) => {
  const said = problems({ ...secrets, PUBLIC_URL: text });
  expect(said).toContain('PUBLIC_URL: got ');
  expect(said).not.toContain('secret@');
});

test("a path that begins like one of the product's own is refused: whether the proxy strips it could not be told", () => {
  const table = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
  const own = new Set([...table.matchAll(/`[A-Z]+ (\/[\w.-]+)/g)].map(([, path]) => path!));
  expect([...own]).toEqual(expect.arrayContaining(['/api', '/dashboard', '/feeds', '/parked']));
  for (const path of [...own, '/reader', '/greader', '/inboxes', '/favicon.ico'])
    expect(publicUrl.parse(`https://inbox.example${path}/x`), path).toBeUndefined();
});

describe('without secrets', () => {
  test.each([
    ['https://inbox.example', true],
    ['http://192.0.2.1:3000', true],
    ['http://localhost:8080', false],
    ['http://127.0.0.1/inbox', false],
    ['http://[::1]:8080', false],
  ])('PUBLIC_URL=%s is refused at start: %s', (PUBLIC_URL, isRefused) => {
    expect(problems({ PUBLIC_URL }).includes('API_TOKEN and ADMIN_PASSWORD')).toBe(isRefused);
    expect(problems({ PUBLIC_URL, ...secrets })).toBe('');
  });

  test('a role that opens no port starts', () => {
    expect(() => toConfig({ PUBLIC_URL: 'https://inbox.example' }, { listens: () => false })).not.toThrow();
  });
});

test('TRUST_PROXY takes loopback, addresses and networks', () => {
  const list = proxies.parse('loopback, 10.0.0.0/8,192.0.2.7 , fd00::/8')!;
  for (const address of ['127.9.9.9', '10.1.2.3', '192.0.2.7']) expect(list.check(address)).toBe(true);
  for (const address of ['::1', 'fd12::1', '::ffff:10.1.2.3']) expect(list.check(address, 'ipv6')).toBe(true);
  expect([list.check('192.0.2.8'), list.check('11.0.0.1'), list.check('fe80::1', 'ipv6')]).toEqual([
    false,
    false,
    false,
  ]);
});

test.each([
  'proxy.example',
  '10.0.0.0/33',
  '::1/129',
  '10.0.0.0/',
  '10.0.0/8',
  'loopback,',
  '1.2.3.4/8/8',
  '*',
  'fe80::1%eth0',
  '10.0.0.0/-1',
])('TRUST_PROXY=%s is refused', (TRUST_PROXY) =>
  expect(problems({ TRUST_PROXY })).toContain('TRUST_PROXY: got '),
);
