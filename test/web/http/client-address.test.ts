import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { proxies } from '../../../src/config/public-url.ts';
import { clientAddress } from '../../../src/web/http/client-address.ts';

const trusted = proxies.parse('loopback,10.0.0.0/8,fd00::/8')!;

test.each<[name: string, socket: string, forwarded: string | undefined, client: string]>([
  ['no header', '127.0.0.1', undefined, '127.0.0.1'],
  ['an empty header', '127.0.0.1', '', '127.0.0.1'],
  ['from no proxy: the header is ignored', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['one proxy', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  [
    'what the client made up stands before what the proxy saw',
    '127.0.0.1',
    '1.1.1.1, 203.0.113.9',
    '203.0.113.9',
  ],
  ['two proxies', '127.0.0.1', '1.1.1.1,203.0.113.9 , 10.1.2.3', '203.0.113.9'],
  ['all are proxies: the farthest', '127.0.0.1', '10.0.0.9, 10.1.2.3', '10.0.0.9'],
  ['IPv4 in IPv6, of the socket', '::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['IPv4 in IPv6, in the header', '127.0.0.1', '203.0.113.9, ::ffff:10.1.2.3', '203.0.113.9'],
  ['IPv4 in IPv6, in hexadecimal', '127.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
  ['IPv6', '::1', '2001:DB8:0:0::9, fd00::1', '2001:db8::9'],
  ['ports', '127.0.0.1', '203.0.113.9:4711, [fd00::1]:443, 10.0.0.1:80', '203.0.113.9'],
  ['brackets', '127.0.0.1', '[2001:db8::9]', '2001:db8::9'],
  [
    'garbage hides nobody: the nearest that is an address',
    '127.0.0.1',
    '203.0.113.9, unknown, 10.1.2.3',
    '10.1.2.3',
  ],
  ['only garbage', '127.0.0.1', 'unknown', '127.0.0.1'],
  ['a gap', '127.0.0.1', '203.0.113.9,,', '127.0.0.1'],
  ['a connection that is gone', '', '203.0.113.9', ''],
])('%s', (_, socket, forwarded, client) => {
  expect(clientAddress(socket, forwarded, trusted)).toBe(client);
});

test('without TRUST_PROXY it is the socket, whatever the header says', () => {
  expect(clientAddress('::ffff:127.0.0.1', '203.0.113.9', undefined)).toBe('127.0.0.1');
});

test('nothing in the header throws, and nobody becomes what is no address', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('[', ']:1', '%', ':::', '10.0.0.1:'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(clientAddress('127.0.0.1', pieces.join(','), trusted)).toMatch(/^[\da-f.:]+$/);
    }),
    { numRuns: 50 },
  );
});
