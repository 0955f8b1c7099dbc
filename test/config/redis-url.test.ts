import { describe, expect, test } from 'vitest';
import { describeAddress, type RedisAddress, redisUrl } from '../../src/config/redis-url.ts';

const single = { kind: 'single', host: 'h', port: 6379, db: 0, tls: false } as const;

const good: [text: string, address: RedisAddress, described: string][] = [
  ['redis://h', single, 'redis://h:6379'],
  ['redis://h:6380/', { ...single, port: 6380 }, 'redis://h:6380'],
  ['redis://h:6380/15', { ...single, port: 6380, db: 15 }, 'redis://h:6380/15'],
  ['REDIS://h', single, 'redis://h:6379'],
  ['rediss://h', { ...single, tls: true }, 'rediss://h:6379'],
  ['redis://[::1]:6380/2', { ...single, host: '::1', port: 6380, db: 2 }, 'redis://[::1]:6380/2'],
  ['redis://user@h', { ...single, username: 'user' }, 'redis://h:6379'],
  ['redis://:pw@h', { ...single, password: 'pw' }, 'redis://h:6379'],
  ['redis://user:pw@h', { ...single, username: 'user', password: 'pw' }, 'redis://h:6379'],
  [
    'redis://us%40er:p%40%3A%2F%2C%25%20w@h',
    { ...single, username: 'us@er', password: 'p@:/,% w' },
    'redis://h:6379',
  ],
  ['redis://:p@ss:w@h', { ...single, password: 'p@ss:w' }, 'redis://h:6379'],
  ['redis://:pässwörd@h', { ...single, password: 'pässwörd' }, 'redis://h:6379'],
  ['unix:///run/redis.sock', { kind: 'socket', path: '/run/redis.sock', db: 0 }, 'unix:///run/redis.sock'],
  ['unix:///a%20b.sock?db=3', { kind: 'socket', path: '/a b.sock', db: 3 }, 'unix:///a b.sock'],
  [
    'redis://a:1,redis://b:2',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      tls: false,
    },
    'redis://a:1,b:2',
  ],
  [
    'rediss://user:p%40@a, [::2]:7001 ,rediss://b',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 6379 },
        { host: '::2', port: 7001 },
        { host: 'b', port: 6379 },
      ],
      tls: true,
      username: 'user',
      password: 'p@',
    },
    'rediss://a:6379,[::2]:7001,b:6379',
  ],
  [
    'redis+sentinel://s1,s2:26380,[::3]/main',
    {
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26380 },
        { host: '::3', port: 26379 },
      ],
      name: 'main',
      db: 0,
    },
    'redis+sentinel://s1:26379,s2:26380,[::3]:26379/main',
  ],
  [
    'redis+sentinel://user:p%2F%40w@s1/main/4',
    {
      kind: 'sentinel',
      sentinels: [{ host: 's1', port: 26379 }],
      name: 'main',
      db: 4,
      username: 'user',
      password: 'p/@w',
    },
    'redis+sentinel://s1:26379/main',
  ],
];

describe('an address of Redis', () => {
  test.each(good)('%s', (text, address, described) => {
    const parsed = redisUrl.parse(text);
    expect(parsed).toEqual(address);
    expect(describeAddress(parsed!)).toBe(described);
  });

  test('is described without its secrets', () => {
    const withLogin = good.filter(([, address]) => address.password !== undefined);
    expect(withLogin.length).toBeGreaterThan(4);
    for (const [, address, described] of withLogin) expect(described).not.toContain(address.password);
  });
});

test.each([
  '',
  'foo',
  'h:6379',
  'http://h',
  'redis:h',
  'redis:///0',
  'redis://h:0x10',
  'redis://h:70000',
  'redis://h/x',
  'redis://h/-1',
  'redis://h/0/1',
  'redis://h/99999',
  'redis://h?db=1',
  'redis://h#1',
  'redis://:p%@h',
  'redis://:p/w@h',
  'redis://a,',
  'redis://a,redis://b/1',
  'redis://a,redis://b?x',
  'redis://a,rediss://b',
  'redis://a,http://b',
  'a:1,b:2',
  'unix://',
  'unix:///',
  'unix://tmp/redis.sock',
  'unix:///redis.sock?db=x',
  'redis+sentinel://s1',
  'redis+sentinel://s1/',
  'redis+sentinel:///main',
  'redis+sentinel://s1,/main',
  'redis+sentinel://s1/main/x',
  'redis+sentinel://:p/w@s1/main',
  'redis+sentinel://user:1/p@s1/2',
])('%j is no address', (text) => {
  expect(redisUrl.parse(text)).toBeUndefined();
});
