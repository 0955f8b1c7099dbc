/** Every setting: its reader, its default as text, what it means. `.env.example` and the README are tested against this table. */
import { quote } from '../../queues/index.ts';
import { flag, names, oneOf, type Parser, readableFile, text, wholeNumber } from './parsers.ts';
import { redisUrl } from './redis-url.ts';
import { relayUrl } from './relay-url.ts';
import { unknownNames } from './spelling.ts';

interface Setting<Value, Default extends string | undefined> {
  reader: Parser<Value>;
  default: Default;
  meaning: string;
  /** The value never stands in a message. */
  secret?: boolean;
}

function setting<Value, const Default extends string | undefined = undefined>(
  reader: Parser<Value>,
  meaning: string,
  options: { default?: Default; secret?: boolean } = {},
): Setting<Value, Default> {
  return { reader, meaning, default: options.default as Default, secret: options.secret ?? false };
}

const password = (meaning: string) => setting(text('a text without line breaks'), meaning, { secret: true });

export const settings = {
  REDIS_URL: setting(redisUrl, 'Redis of queues and inboxes; unset: an own server under DATA_DIR', {
    secret: true,
  }),
  SKYWIRE_REDIS_URL: setting(
    redisUrl,
    "Redis of Skywire's stream, where it is another one; unset: REDIS_URL",
    { secret: true },
  ),
  SKYWIRE_STREAM: setting(names, 'Key of the stream; several = partitions', { default: 'skywire:matches' }),
  SKYWIRE_GROUP: setting(text(), 'Consumer group, made at the beginning of the stream', {
    default: 'skywire-inbox',
  }),
  REDIS_TLS_CA: setting(readableFile, 'CA certificate for rediss://'),
  REDIS_TLS_CERT: setting(readableFile, 'Client certificate for rediss://'),
  REDIS_TLS_KEY: setting(readableFile, 'Key of the client certificate'),
  REDIS_TLS_SERVERNAME: setting(
    text('a host name'),
    "Name in the server's certificate, where it is not the host's",
  ),
  SKYWIRE_RELAY_URL: setting(
    relayUrl,
    'Pump: the relay in place of SKYWIRE_REDIS_URL, where only HTTPS gets through (docs/relay.md)',
    { secret: true },
  ),
  SKYWIRE_RELAY_TOKEN: password('Pump: its token at the relay'),
  SKYWIRE_RELAY_TLS_CA: setting(readableFile, "Pump: CA certificate of a relay's own certificate"),
  SKYWIRE_RELAY_TLS_SERVERNAME: setting(
    text('a host name'),
    "Pump: name in the relay's certificate, where it is not the host's",
  ),
  RELAY_HOST: setting(
    text('a host name or address'),
    'Relay: address to listen on; off loopback only with a certificate or RELAY_ALLOW_PLAIN',
    { default: '127.0.0.1' },
  ),
  RELAY_PORT: setting(wholeNumber(0, 65535), 'Relay: port to listen on; 0 = any free one', {
    default: '3100',
  }),
  RELAY_TOKENS_FILE: setting(
    text('the path of a file'),
    'Relay: who may connect, read again when it changes',
    {
      default: './relay-tokens',
    },
  ),
  RELAY_TLS_CERT: setting(readableFile, 'Relay: its own certificate; unset: a proxy does TLS'),
  RELAY_TLS_KEY: setting(readableFile, 'Relay: key of its certificate'),
  RELAY_ALLOW_PLAIN: setting(
    flag,
    '1: relay and pump speak ws:// off loopback too, tokens and posts readable',
    {
      default: '0',
    },
  ),
  REDIS_INSTALL: setting(flag, '0: never install redis-server', { default: '1' }),
  ALLOW_EVICTION: setting(flag, '1: start although Redis may evict keys, and with them matches', {
    default: '0',
  }),
  DATA_DIR: setting(text('a folder'), "Folder of the own Redis' files", { default: './data' }),
  HOST: setting(
    text('a host name or address'),
    'Address to listen on; off loopback only with API_TOKEN and ADMIN_PASSWORD',
    {
      default: '127.0.0.1',
    },
  ),
  PORT: setting(wholeNumber(0, 65535), 'Port of the web role; 0 = any free one', { default: '3000' }),
  HEALTH_PORT: setting(
    wholeNumber(0, 65535),
    'Pump and worker: port of /healthz, /readyz, /metrics; unset: none',
  ),
  ADMIN_USER: setting(text(), 'User who may retry and change on the dashboard', { default: 'admin' }),
  ADMIN_PASSWORD: password('Password of ADMIN_USER; unset: the dashboard is open, on loopback only'),
  VIEWER_PASSWORD: password('Password of the user `viewer`, who may look and touch nothing'),
  API_TOKEN: password('Bearer token of /api; unset: open, on loopback only'),
  ENVIRONMENT_NAME: setting(
    text(),
    'Shown on every page of the operator: production, staging; unset: nothing',
  ),
  ROUTING: setting(
    oneOf('direct', 'directory'),
    'direct: the inbox is the subscription_id; directory: the registered subscribers',
    {
      default: 'direct',
    },
  ),
  WORKER_CONCURRENCY: setting(wholeNumber(1, 1000), 'Jobs at once per worker', { default: '4' }),
  BATCH_SIZE: setting(wholeNumber(1, 10_000), 'Matches per job at the most', { default: '500' }),
  MAX_WAITING_JOBS: setting(
    wholeNumber(1, 1_000_000),
    'The pump stops reading above it; the backlog waits in the stream',
    {
      default: '40',
    },
  ),
  CANARY_SECONDS: setting(
    wholeNumber(0, 3_600),
    'Pump: a match of our own is sent through the pipeline this often; 0 = never',
    { default: '5' },
  ),
  DELIVERY_ATTEMPTS: setting(wholeNumber(1, 1000), 'Automatic tries of a parked match', { default: '8' }),
  DELIVERY_BACKOFF_MS: setting(wholeNumber(1, 86_400_000), 'Pause before the second try; doubles with each', {
    default: '1000',
  }),
  DELIVERY_BACKOFF_MAX_MS: setting(wholeNumber(1, 86_400_000), 'Longest pause between two tries', {
    default: '300000',
  }),
  INBOX_MAX_ITEMS: setting(wholeNumber(0, 1_000_000_000), 'Items an inbox keeps; 0 = all', {
    default: '10000',
  }),
  INBOX_MAX_AGE_DAYS: setting(wholeNumber(0, 36_500), 'Days an inbox keeps an item; 0 = for ever', {
    default: '90',
  }),
  STREAM_RETENTION_HOURS: setting(
    wholeNumber(1, 87_600),
    'Replay window: the stream is never trimmed within it',
    { default: '24' },
  ),
  LOG_LEVEL: setting(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'Least level that is logged',
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

/** The values of all settings, or every problem at once. An empty variable counts as unset. */
export function readSettings(env: Env): { values: Values; problems: string[] } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, { reader, default: fallback, secret }] of Object.entries(settings)) {
    const given = env[name]?.trim() || fallback;
    if (given === undefined) continue;
    values[name] = /[\r\n\0]/.test(given) ? undefined : reader.parse(given);
    if (values[name] === undefined)
      problems.push(`${name}: got ${shown(given, secret)}; takes ${reader.takes}`);
  }
  return { values: values as Values, problems: [...problems, ...unknownNames(env, Object.keys(settings))] };
}

/** No @, and behind a colon nothing but a port: there is no place for a password. */
const harmless = /^(?:[a-z+]+:\/\/)?[\w.-]*(?::\d{0,5})?(?:,[\w.-]*(?::\d{0,5})?)*(?:\/[\w.-]*)*$/i;

function shown(given: string, secret: boolean | undefined): string {
  const short = quote(given, 100);
  if (!secret) return short;
  return harmless.test(given) ? short : 'a value with a secret in it (not shown)';
}
