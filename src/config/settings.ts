/** Every setting: parser, default as text, meaning. `.env.example` and docs/settings.md are tested against this table. */
import { quote } from '../../queues/index.ts';
import { blueskySettings } from './bluesky-settings.ts';
import { flag, names, oneOf, readableFile, text, wholeNumber } from './parsers.ts';
import { proxies, publicUrl } from './public-url.ts';
import { redisUrl, relayUrl } from './redis-url.ts';
import { password, type Setting, setting } from './setting.ts';
import { isServiceLink, unknownNames } from './spelling.ts';
import { tracingSettings } from './tracing-settings.ts';

export const settings = {
  REDIS_URL: setting(redisUrl, 'Redis for queues and inboxes; unset: an embedded one under DATA_DIR', {
    secret: true,
  }),
  SKYWIRE_REDIS_URL: setting(redisUrl, "Redis that holds Skywire's stream; unset: REDIS_URL", {
    secret: true,
  }),
  SKYWIRE_STREAM: setting(names, 'Key of the stream, or a comma-separated list of partitions', {
    default: 'skywire:matches',
  }),
  SKYWIRE_GROUP: setting(text(), 'Consumer group, created at the beginning of the stream', {
    default: 'skywire-inbox',
  }),
  REDIS_TLS_CA: setting(readableFile, 'CA certificate for rediss://'),
  REDIS_TLS_CERT: setting(readableFile, 'Client certificate for rediss://'),
  REDIS_TLS_KEY: setting(readableFile, 'Private key of the client certificate'),
  REDIS_TLS_SERVERNAME: setting(
    text('a host name'),
    "Host name in the server's certificate, if it differs from the URL's",
  ),
  SKYWIRE_RELAY_URL: setting(
    relayUrl,
    'Pump: relay to use instead of SKYWIRE_REDIS_URL when only HTTPS gets through (docs/relay.md)',
    { secret: true },
  ),
  SKYWIRE_RELAY_TOKEN: password('Pump: its token for the relay'),
  SKYWIRE_RELAY_TLS_CA: setting(
    readableFile,
    'Pump: CA certificate for the relay, if it is not publicly trusted',
  ),
  SKYWIRE_RELAY_TLS_SERVERNAME: setting(
    text('a host name'),
    "Pump: host name in the relay's certificate, if it differs from the URL's",
  ),
  RELAY_HOST: setting(
    text('a host name or address'),
    'Relay: address to listen on; beyond loopback only with a certificate or RELAY_ALLOW_PLAIN',
    { default: '127.0.0.1' },
  ),
  RELAY_PORT: setting(wholeNumber(0, 65535), 'Relay: port to listen on; 0 = any free port', {
    default: '3100',
  }),
  RELAY_TOKENS_FILE: setting(
    text('the path of a file'),
    'Relay: file of the clients that may connect, reloaded when it changes',
    {
      default: './relay-tokens',
    },
  ),
  RELAY_TLS_CERT: setting(readableFile, 'Relay: its certificate; unset: a proxy terminates TLS'),
  RELAY_TLS_KEY: setting(readableFile, 'Relay: private key of its certificate'),
  RELAY_ALLOW_PLAIN: setting(flag, '1: allow unencrypted ws:// beyond loopback, for relay and pump', {
    default: '0',
  }),
  REDIS_INSTALL: setting(flag, '0: never install redis-server', { default: '1' }),
  ALLOW_EVICTION: setting(flag, '1: start even if Redis may evict keys, and with them matches', {
    default: '0',
  }),
  DATA_DIR: setting(
    text('a folder'),
    'Folder for the files of the embedded Redis, on a disk of this machine: not on a network filesystem',
    { default: './data' },
  ),
  HOST: setting(
    text('a host name or address'),
    'Address to listen on; beyond loopback only with API_TOKEN and ADMIN_PASSWORD',
    { default: '127.0.0.1' },
  ),
  PORT: setting(wholeNumber(0, 65535), 'Port of the web role; 0 = any free port', { default: '3000' }),
  PUBLIC_URL: setting(
    publicUrl,
    'Address that people use, behind a proxy: https://inbox.example, https://example.org/inbox (docs/deployment.md)',
    { secret: true },
  ),
  TRUST_PROXY: setting(
    proxies,
    'Proxies in front whose X-Forwarded-For and -Proto are believed, e.g. `loopback` or 10.0.0.0/8; unset: none',
  ),
  HEALTH_PORT: setting(
    wholeNumber(0, 65535),
    'Pump and worker: port of /healthz, /readyz, /metrics; unset: none',
  ),
  ADMIN_USER: setting(text(), 'Dashboard user with write access', { default: 'admin' }),
  ADMIN_PASSWORD: password('Password of ADMIN_USER; unset: no login, on loopback only'),
  VIEWER_PASSWORD: password('Password of the read-only user `viewer`'),
  API_TOKEN: password('Bearer token for /api; unset: no authentication, on loopback only'),
  ENVIRONMENT_NAME: setting(text(), 'Shown on every operator page, e.g. production or staging'),
  ROUTING: setting(
    oneOf('direct', 'directory'),
    'direct: the inbox is the subscription_id; directory: the registered subscribers',
    {
      default: 'direct',
    },
  ),
  WORKER_CONCURRENCY: setting(
    wholeNumber(1, 1000),
    'Jobs that a worker process runs at once, over all queues',
    { default: '4' },
  ),
  BATCH_SIZE: setting(wholeNumber(1, 10_000), 'Maximum number of matches per job', { default: '500' }),
  MAX_WAITING_JOBS: setting(
    wholeNumber(1, 1_000_000),
    'Backpressure: above it the pump pauses, and the backlog stays in the stream',
    {
      default: '40',
    },
  ),
  CANARY_SECONDS: setting(
    wholeNumber(0, 3_600),
    'Pump and web: interval of the test match that the pump sends through the pipeline; 0 = never',
    { default: '5' },
  ),
  DELIVERY_ATTEMPTS: setting(wholeNumber(1, 1000), 'Automatic attempts to deliver a parked match', {
    default: '8',
  }),
  DELIVERY_BACKOFF_MS: setting(
    wholeNumber(1, 86_400_000),
    'Delay before the second attempt; doubles with each',
    {
      default: '1000',
    },
  ),
  DELIVERY_BACKOFF_MAX_MS: setting(wholeNumber(1, 86_400_000), 'Longest delay between two attempts', {
    default: '300000',
  }),
  INBOX_MAX_ITEMS: setting(
    wholeNumber(0, 1_000_000_000),
    'Maximum items kept per inbox, not counting starred ones; 0 = unlimited',
    {
      default: '10000',
    },
  ),
  INBOX_MAX_AGE_DAYS: setting(wholeNumber(0, 36_500), 'Days an item is kept, unless starred; 0 = for ever', {
    default: '90',
  }),
  STREAM_RETENTION_HOURS: setting(
    wholeNumber(1, 87_600),
    'Replay window: younger entries are never trimmed from the stream',
    { default: '24' },
  ),
  ...blueskySettings,
  ...tracingSettings,
  LOG_LEVEL: setting(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'Lowest level that is logged',
    {
      default: 'info',
    },
  ),
} as const;

export type SettingName = keyof typeof settings;
type Settings = typeof settings;
type ValueOf<Name extends SettingName> =
  Settings[Name] extends Setting<infer Value, infer Default>
    ? Default extends string
      ? Value
      : Value | undefined
    : never;
export type Values = { [Name in SettingName]: ValueOf<Name> };
export type Env = Record<string, string | undefined>;

/** All values, and every problem at once. A variable that is empty, or a service link, counts as unset. */
export function readSettings(env: Env): { values: Values; problems: string[] } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, { reader, default: fallback, secret }] of Object.entries(settings)) {
    const variable = env[name]?.trim() ?? '';
    const given = (isServiceLink(name, variable) ? '' : variable) || fallback;
    if (given === undefined) continue;
    values[name] = /[\r\n\0]/.test(given) ? undefined : reader.parse(given);
    if (values[name] === undefined)
      problems.push(`${name}: got ${shown(given, secret)}; takes ${reader.takes}`);
  }
  return { values: values as Values, problems: [...problems, ...unknownNames(env, Object.keys(settings))] };
}

/** No @, and only a port after a colon: no room for a password. */
const harmless = /^(?:[a-z+]+:\/\/)?[\w.-]*(?::\d{0,5})?(?:,[\w.-]*(?::\d{0,5})?)*(?:\/[\w.-]*)*$/i;

function shown(given: string, secret: boolean | undefined): string {
  const short = quote(given, 100);
  if (!secret) return short;
  return harmless.test(given) ? short : 'a value that may hold a secret (not shown)';
}
