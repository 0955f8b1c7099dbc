import { describe, expect, test } from 'vitest';
import { type Config, ConfigError, isLoopbackHost, toConfig } from '../../src/config/config.ts';
import { type Env, settings } from '../../src/config/settings.ts';

const config = (env: Env = {}, isListening = true): Config => toConfig(env, { listens: () => isListening });

/** The message with which the settings are refused. */
function refusal(env: Env, isListening = true): string {
  try {
    toConfig(env, { listens: () => isListening });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('accepted, against expectation');
}

const HOUR_MS = 3_600_000;

describe('without any setting', () => {
  test('everything has its default', () => {
    expect(config()).toEqual({
      redis: { address: undefined, tls: {} },
      skywireRedis: { address: undefined, tls: {} },
      relay: undefined,
      relayServer: {
        host: '127.0.0.1',
        port: 3100,
        tokensFile: './relay-tokens',
        tls: undefined,
        isSafe: true,
      },
      lookups: undefined,
      media: undefined,
      allowEviction: false,
      ownServer: { dataDir: './data', mayInstall: true },
      stream: { keys: ['skywire:matches'], group: 'skywire-inbox', retentionMs: 24 * HOUR_MS },
      http: { host: '127.0.0.1', port: 3000, healthPort: undefined, isLoopback: true },
      access: { adminUser: 'admin' },
      routing: 'direct',
      canary: { everyMs: 5_000 },
      work: {
        concurrency: Number(settings.WORKER_CONCURRENCY.default),
        batchSize: Number(settings.BATCH_SIZE.default),
        maxWaitingJobs: Number(settings.MAX_WAITING_JOBS.default),
      },
      delivery: { attempts: 8, backoff: { baseMs: 1_000, maxMs: 300_000 } },
      inbox: { maxItems: 10_000, maxAgeMs: 90 * 24 * HOUR_MS, seenWindowMs: 48 * HOUR_MS },
      isTraced: false,
      logLevel: 'info',
    });
  });

  test('an empty or blank variable is as good as none', () => {
    const blank = Object.fromEntries(Object.keys(settings).map((name, at) => [name, at % 2 ? '' : ' \t']));
    expect(config(blank)).toEqual(config());
  });
});

describe('settings that are good', () => {
  test('arrive where they are used', () => {
    const given = config({
      REDIS_URL: 'redis://queue.example:6380/1',
      SKYWIRE_STREAM: 'skywire:a, skywire:b',
      SKYWIRE_GROUP: 'g',
      ALLOW_EVICTION: '1',
      REDIS_INSTALL: '0',
      DATA_DIR: '/var/lib/skywire-inbox',
      PORT: '0',
      HEALTH_PORT: '9100',
      ADMIN_USER: 'root',
      ADMIN_PASSWORD: 'a',
      VIEWER_PASSWORD: 'v',
      API_TOKEN: 't',
      ROUTING: 'directory',
      WORKER_CONCURRENCY: '7',
      BATCH_SIZE: '11',
      MAX_WAITING_JOBS: '13',
      DELIVERY_ATTEMPTS: '3',
      DELIVERY_BACKOFF_MS: '5',
      DELIVERY_BACKOFF_MAX_MS: '50',
      INBOX_MAX_ITEMS: '0',
      INBOX_MAX_AGE_DAYS: '0',
      STREAM_RETENTION_HOURS: '1',
      LOG_LEVEL: 'warn',
    });
    expect(given).toMatchObject({
      redis: { address: { kind: 'single', host: 'queue.example', port: 6380, db: 1 } },
      stream: { keys: ['skywire:a', 'skywire:b'], group: 'g', retentionMs: HOUR_MS },
      allowEviction: true,
      ownServer: { dataDir: '/var/lib/skywire-inbox', mayInstall: false },
      http: { port: 0, healthPort: 9100 },
      access: { adminUser: 'root', adminPassword: 'a', viewerPassword: 'v', apiToken: 't' },
      routing: 'directory',
      work: { concurrency: 7, batchSize: 11, maxWaitingJobs: 13 },
      delivery: { attempts: 3, backoff: { baseMs: 5, maxMs: 50 } },
      inbox: { maxItems: 0, maxAgeMs: 0, seenWindowMs: 25 * HOUR_MS },
      logLevel: 'warn',
    });
  });

  test("Skywire's Redis is the product's own unless it is named", () => {
    const both = config({ REDIS_URL: 'redis://a' });
    expect(both.skywireRedis.address).toEqual(both.redis.address);
    const apart = config({ REDIS_URL: 'redis://a', SKYWIRE_REDIS_URL: 'redis://b' });
    expect(apart.skywireRedis.address).toMatchObject({ host: 'b' });
    expect(apart.redis.address).toMatchObject({ host: 'a' });
  });

  test('files of TLS are read, and one that cannot be read is named', () => {
    const readable = import.meta.filename;
    const { tls } = config({
      REDIS_URL: 'rediss://a',
      REDIS_TLS_CA: readable,
      REDIS_TLS_SERVERNAME: 'b',
    }).redis;
    expect(tls.ca?.toString()).toContain('files of TLS are read');
    expect(tls.servername).toBe('b');
    expect(refusal({ REDIS_TLS_CA: `${readable}.not` })).toMatch(
      /REDIS_TLS_CA: got ".*\.not"; takes the path/,
    );
  });
});

describe('Bluesky', () => {
  const lookups = (env: Env) => config(env).lookups;
  const media = (env: Env) => config(env).media;

  test('is asked nothing, and no picture is loaded, unless that is switched on', () => {
    expect(config({ BLUESKY_API_URL: 'off', MEDIA: 'off' })).toEqual(config());
    expect([lookups({}), media({})]).toEqual([undefined, undefined]);
  });

  test('is asked at the addresses that are set', () => {
    expect(lookups({ BLUESKY_API_URL: 'https://public.api.bsky.app/' })).toEqual({
      apiUrl: 'https://public.api.bsky.app',
      plcUrl: 'https://plc.directory',
      isLoopback: false,
    });
    const local = { BLUESKY_API_URL: 'http://127.0.0.1:7001', PLC_URL: 'http://localhost:7002' };
    expect(lookups(local)).toMatchObject({ isLoopback: true });
  });

  test('of this machine and of the world are not asked together: every call would be refused', () => {
    const here = 'http://127.0.0.1:7001';
    expect(refusal({ BLUESKY_API_URL: here })).toContain(
      `BLUESKY_API_URL, PLC_URL: got ${here} and https://plc.directory; lookups need both on this machine`,
    );
    expect(refusal({ BLUESKY_API_URL: 'https://public.api.bsky.app', PLC_URL: here })).toContain(
      `BLUESKY_API_URL, PLC_URL: got https://public.api.bsky.app and ${here}`,
    );
    const wrong = refusal({ BLUESKY_API_URL: 'x', PLC_URL: here });
    expect(wrong).toContain('BLUESKY_API_URL: got');
    expect(wrong).not.toContain('BLUESKY_API_URL, PLC_URL');
    expect(lookups({ PLC_URL: here })).toBeUndefined();
  });

  test.each([
    ['direct', 'https://cdn.bsky.app', 'https://video.bsky.app', 'https://video.cdn.bsky.app'],
    ['https://Media.Example:8443/', 'https://media.example:8443', 'https://media.example:8443'],
    ['http://[::1]:9000', 'http://[::1]:9000', 'http://[::1]:9000'],
    ['http://localhost', 'http://localhost', 'http://localhost'],
  ])('MEDIA=%s names where pictures come from', (given, images, videos, redirectedTo?: string) => {
    const origins = [...new Set([images, videos, ...(redirectedTo ? [redirectedTo] : [])])];
    expect(media({ MEDIA: given })).toEqual({ images, videos, origins });
  });

  test('a wrong address is refused without its password', () => {
    const message = refusal({
      MEDIA: 'https://user:s3cret@cdn.example',
      BLUESKY_API_URL: 'http://a.example',
    });
    expect(message).toMatch(/MEDIA: got .+; takes off, direct, or https:\/\//);
    expect(message).toContain('BLUESKY_API_URL: got "http://a.example"; takes off, or https://');
    expect(message).not.toContain('s3cret');
  });
});

describe('settings that are wrong', () => {
  test('are all named in one message, each with what it got and what it takes', () => {
    const message = refusal({
      REDIS_URL: 'foo',
      PORT: '70000',
      WORKER_CONCURRENCY: 'ten',
      BATCH_SIZE: '0',
      ROUTING: 'x',
      INBOX_MAX_ITEM: '5',
    });
    const lines = message.split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe('Invalid settings (6):');
    expect(message).toMatch(/^ {2}REDIS_URL: got "foo"; takes redis:\/\//m);
    expect(message).toContain('PORT: got "70000"; takes a whole number from 0 to 65535');
    expect(message).toContain('WORKER_CONCURRENCY: got "ten"; takes a whole number from 1 to ');
    expect(message).toContain('BATCH_SIZE: got "0"; takes a whole number from 1 to ');
    expect(message).toContain('ROUTING: got "x"; takes direct or directory');
    expect(message).toContain('INBOX_MAX_ITEM: no such setting; did you mean INBOX_MAX_ITEMS?');
  });

  test('that contradict each other are named as well', () => {
    const message = refusal({
      DELIVERY_BACKOFF_MS: '1000',
      DELIVERY_BACKOFF_MAX_MS: '999',
      REDIS_TLS_KEY: import.meta.filename,
    });
    expect(message).toContain('DELIVERY_BACKOFF_MAX_MS: less than DELIVERY_BACKOFF_MS');
    expect(message).toContain('REDIS_TLS_CERT, REDIS_TLS_KEY: one without the other');
  });
});

describe('HOST', () => {
  const secrets = { API_TOKEN: 't', ADMIN_PASSWORD: 'p' };

  test.each([
    [{}, 'API_TOKEN and ADMIN_PASSWORD'],
    [{ API_TOKEN: 't' }, 'requires ADMIN_PASSWORD'],
    [{ ADMIN_PASSWORD: 'p' }, 'requires API_TOKEN'],
    [{ ...secrets, API_TOKEN: ' ' }, 'requires API_TOKEN'],
  ])('off loopback is refused with %j only', (env, missing) => {
    expect(refusal({ HOST: '0.0.0.0', ...env })).toContain(missing);
  });

  test('off loopback is taken with both secrets', () => {
    expect(config({ HOST: '0.0.0.0', ...secrets }).http).toMatchObject({
      host: '0.0.0.0',
      isLoopback: false,
    });
  });

  test('off loopback is no matter for a role that opens no port', () => {
    expect(config({ HOST: '0.0.0.0' }, false).http.host).toBe('0.0.0.0');
    expect(refusal({ HOST: '0.0.0.0' })).toContain('HOST');
  });

  test('in brackets is the address within them', () => {
    expect(config({ HOST: '[::1]' }).http).toMatchObject({ host: '::1', isLoopback: true });
  });

  test.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['localhost', true],
    ['LocalHost', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['', false],
    ['10.0.0.1', false],
    ['128.0.0.1', false],
    ['127.0.0.1.example.com', false],
    ['127.example.com', false],
    ['127.0.0.256', false],
    ['localhost.example.com', false],
    ['example.com', false],
    ['fe80::1', false],
    ['::ffff:10.0.0.1', false],
  ])('%j is loopback: %s', (host, isLoopback) => {
    expect(isLoopbackHost(host)).toBe(isLoopback);
  });
});

describe('a secret never stands in a message', () => {
  const wrongUrls = [
    'redis://:s3cret',
    'redis://user:s3cret',
    'redis://:s3cret@host:70000',
    'redis://:s3cret/x@host:6379',
    'redis://:p@s3cret/x@host:6379',
    'redis://user:1/s3cret@host',
    'redis://user:12#s3cret@host:6379',
    'redis://:a?s3cret@host:6379',
    'redis://:s3cret,x@host:6379',
    'redis://:s3cret%@host:6379',
    'http://user:s3cret@host:6379',
    'user:s3cret@host:6379',
    'user:s3cret',
    'redis://a:1,redis://:s3cret@b:2/x',
    'redis+sentinel://:s3cret/x@host:26379/name',
    'redis+sentinel://:s3cret@host:26379',
    'unix://:s3cret@/tmp/redis.sock',
    'rediss://:s3cret@host:6379/notanumber',
  ];

  test.each(['REDIS_URL', 'SKYWIRE_REDIS_URL'])(
    '%s is refused without being shown where it may hold one',
    (name) => {
      for (const url of wrongUrls) {
        const message = refusal({ [name]: url });
        expect(message).toMatch(new RegExp(`  ${name}: got .+; takes redis://`));
        expect(message).not.toContain('s3cret');
      }
    },
  );

  test.each([
    'foo',
    'http://host:6379',
    'redis://host:70000',
    'redis://a:1,b:2/1',
    'localhost:6379',
    'redis://host/db',
  ])('%s holds none and is shown', (url) => {
    expect(refusal({ REDIS_URL: url })).toContain(JSON.stringify(url));
  });

  test('a password or token with a line break is refused and not shown', () => {
    for (const name of ['ADMIN_PASSWORD', 'VIEWER_PASSWORD', 'API_TOKEN']) {
      const message = refusal({ [name]: 's3cret\ns3cret' });
      expect(message).toContain(`${name}: got a value that may hold a secret (not shown)`);
      expect(message).not.toContain('s3cret');
    }
  });

  test('good secrets stay out of the message of another problem', () => {
    const message = refusal({
      REDIS_URL: 'redis://user:s3cret@host',
      ADMIN_PASSWORD: 's3cret',
      VIEWER_PASSWORD: 's3cret',
      API_TOKEN: 's3cret',
      PORT: 'x',
    });
    expect(message).toContain('Invalid settings (1):');
    expect(message).not.toContain('s3cret');
  });
});
