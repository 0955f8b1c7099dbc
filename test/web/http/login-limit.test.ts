import { expect, test } from 'vitest';
import { createLoginLimit } from '../../../src/web/http/login-limit.ts';

function failing(address: string, times: number) {
  let now = 1_000_000;
  const limit = createLoginLimit(() => now);
  for (let at = 0; at < times; at += 1) limit.failed(address);
  return { limit, pass: (ms: number) => (now += ms) };
}

test('20 logins may fail at once, then one every 3 s', () => {
  expect(failing('10.0.0.1', 19).limit.waitS('10.0.0.1')).toBe(0);
  const { limit, pass } = failing('10.0.0.1', 20);
  expect(limit.waitS('10.0.0.1')).toBe(3);
  expect(limit.waitS('10.0.0.2')).toBe(0);
  pass(3_000);
  expect(limit.waitS('10.0.0.1')).toBe(0);
  limit.failed('10.0.0.1');
  expect(limit.waitS('10.0.0.1')).toBe(3);
  pass(60_000);
  expect(limit.waitS('10.0.0.1')).toBe(0);
});

test('an IPv6 host is its /64, an IPv4 address in IPv6 is itself', () => {
  const { limit } = failing('2001:db8:1:2:aaaa::1', 20);
  expect(limit.waitS('2001:db8:1:2:bbbb:cccc:dddd:eeee')).toBeGreaterThan(0);
  expect(limit.waitS('2001:db8:1:3::1')).toBe(0);
  expect(limit.waitS('2001:db8::1')).toBe(0);
  expect(failing('::ffff:10.0.0.1', 20).limit.waitS('10.0.0.1')).toBeGreaterThan(0);
  expect(failing('::ffff:10.0.0.1', 20).limit.waitS('::ffff:10.0.0.2')).toBe(0);
});

test('a flood of addresses takes bounded memory', () => {
  const { limit } = failing('10.0.0.1', 20);
  for (let at = 0; at < 10_000; at += 1) limit.failed(`a${at}`);
  expect(limit.waitS('10.0.0.1')).toBe(0);
});
