import { expect, test } from 'vitest';
import { createRateLimit, networkOf } from '../../../src/web/http/rate-limit.ts';

function spent(key: string, times: number) {
  let now = 1_000_000;
  const limit = createRateLimit({ atOnce: 20, everyMs: 3_000 }, () => now);
  for (let at = 0; at < times; at += 1) limit.spend(key);
  return { limit, pass: (ms: number) => (now += ms) };
}

test('20 at once, then one every 3 s, for each key', () => {
  expect(spent('10.0.0.1', 19).limit.waitS('10.0.0.1')).toBe(0);
  const { limit, pass } = spent('10.0.0.1', 20);
  expect(limit.waitS('10.0.0.1')).toBe(3);
  expect(limit.waitS('10.0.0.2')).toBe(0);
  pass(3_000);
  expect(limit.waitS('10.0.0.1')).toBe(0);
  limit.spend('10.0.0.1');
  expect(limit.waitS('10.0.0.1')).toBe(3);
  pass(60_000);
  expect(limit.waitS('10.0.0.1')).toBe(0);
});

test.each([
  ['2001:db8:1:2:aaaa::1', '2001:db8:1:2'],
  ['2001:db8:1:2:bbbb:cccc:dddd:eeee', '2001:db8:1:2'],
  ['2001:db8:1:3::1', '2001:db8:1:3'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
])('the network of %s is %s: an IPv6 host has its /64 to itself', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('a flood of keys takes bounded memory', () => {
  const { limit } = spent('10.0.0.1', 20);
  for (let at = 0; at < 10_000; at += 1) limit.spend(`a${at}`);
  expect(limit.waitS('10.0.0.1')).toBe(0);
});
