/** The validated configuration, nested by who uses it. */
import type { BlockList } from 'node:net';
import { type BlueskySettings, blueskyProblems, nestBluesky } from './bluesky-settings.ts';
import { isLoopbackHost, withoutBrackets } from './loopback.ts';
import type { PublicUrl } from './public-url.ts';
import type { RedisAddress } from './redis-url.ts';
import { nestRelay, type RelaySettings, relayProblems } from './relay-settings.ts';
import { type Env, readSettings, type Values } from './settings.ts';
import { isTraced, tracingProblems } from './tracing-settings.ts';

export type { MediaSource } from './bluesky-settings.ts';
export { environmentProblems, readEnvironment } from './environment.ts';
export { isLoopbackHost } from './loopback.ts';
export type { PublicUrl } from './public-url.ts';
export { describeAddress, type RedisAddress } from './redis-url.ts';

export interface TlsFiles {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  servername?: string;
}

export interface RedisSettings {
  /** undefined: the embedded server under dataDir. */
  address: RedisAddress | undefined;
  tls: TlsFiles;
}

export interface Config extends RelaySettings, BlueskySettings {
  redis: RedisSettings;
  skywireRedis: RedisSettings;
  allowEviction: boolean;
  ownServer: { dataDir: string; mayInstall: boolean };
  stream: { keys: string[]; group: string; retentionMs: number };
  http: {
    host: string;
    port: number;
    healthPort: number | undefined;
    isLoopback: boolean;
    publicUrl?: PublicUrl | undefined;
    /** TRUST_PROXY. */
    proxies?: BlockList | undefined;
  };
  access: { adminUser: string; adminPassword?: string; viewerPassword?: string; apiToken?: string };
  /** Shown on the operator pages. */
  environmentName?: string;
  routing: 'direct' | 'directory';
  work: { concurrency: number; batchSize: number; maxWaitingJobs: number };
  canary: { everyMs: number };
  delivery: { attempts: number; backoff: { baseMs: number; maxMs: number } };
  inbox: { maxItems: number; maxAgeMs: number; seenWindowMs: number };
  isTraced: boolean;
  logLevel: Values['LOG_LEVEL'];
}

/** Invalid settings: the message lists every problem, without secrets. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const DAY_MS = 86_400_000;

/** `listens`: whether the role opens a port on HOST. `found`: problems of the source of `env`. Throws ConfigError. */
export function toConfig(
  env: Env,
  { listens, found = [] }: { listens: (values: Values) => boolean; found?: readonly string[] },
): Config {
  const { values, problems } = readSettings(env);
  problems.push(...found);
  const isLoopback = isLoopbackHost(values.HOST ?? '');
  if (listens(values)) problems.push(...openProblems(values));
  if ((values.REDIS_TLS_CERT === undefined) !== (values.REDIS_TLS_KEY === undefined)) {
    problems.push('REDIS_TLS_CERT, REDIS_TLS_KEY: one without the other; a client certificate requires both');
  }
  problems.push(...relayProblems(values), ...blueskyProblems(values), ...tracingProblems(values, env));
  if (values.DELIVERY_BACKOFF_MAX_MS < values.DELIVERY_BACKOFF_MS) {
    problems.push('DELIVERY_BACKOFF_MAX_MS: less than DELIVERY_BACKOFF_MS');
  }
  if (problems.length) {
    throw new ConfigError(
      `Invalid settings (${problems.length}):\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return { ...nest(values, isLoopback), isTraced: isTraced(values, env) };
}

/** Problems of addresses that others can reach without a password. */
function openProblems(values: Values): string[] {
  const missing = (['API_TOKEN', 'ADMIN_PASSWORD'] as const).filter((name) => values[name] === undefined);
  const others = (host: string | undefined): boolean => Boolean(host) && !isLoopbackHost(host!);
  if (missing.length === 0) return [];
  const requires = `which other machines can reach; that requires ${missing.join(' and ')}`;
  return [
    ...(others(values.HOST)
      ? [`HOST: got ${JSON.stringify(values.HOST)}, ${requires}, or use 127.0.0.1`]
      : []),
    ...(others(values.PUBLIC_URL?.hostname)
      ? [`PUBLIC_URL: got ${JSON.stringify(values.PUBLIC_URL!.href)}, ${requires}`]
      : []),
  ];
}

function nest(values: Values, isLoopback: boolean): Omit<Config, 'isTraced'> {
  const retentionMs = values.STREAM_RETENTION_HOURS * 3_600_000;
  const tls: TlsFiles = {
    ...(values.REDIS_TLS_CA && { ca: values.REDIS_TLS_CA }),
    ...(values.REDIS_TLS_CERT && { cert: values.REDIS_TLS_CERT }),
    ...(values.REDIS_TLS_KEY && { key: values.REDIS_TLS_KEY }),
    ...(values.REDIS_TLS_SERVERNAME && { servername: values.REDIS_TLS_SERVERNAME }),
  };
  return {
    redis: { address: values.REDIS_URL, tls },
    skywireRedis: { address: values.SKYWIRE_REDIS_URL ?? values.REDIS_URL, tls },
    ...nestRelay(values),
    ...nestBluesky(values),
    allowEviction: values.ALLOW_EVICTION,
    ownServer: { dataDir: values.DATA_DIR, mayInstall: values.REDIS_INSTALL },
    stream: { keys: values.SKYWIRE_STREAM, group: values.SKYWIRE_GROUP, retentionMs },
    http: {
      host: withoutBrackets(values.HOST),
      port: values.PORT,
      healthPort: values.HEALTH_PORT,
      isLoopback,
      publicUrl: values.PUBLIC_URL,
      proxies: values.TRUST_PROXY,
    },
    access: {
      adminUser: values.ADMIN_USER,
      ...(values.ADMIN_PASSWORD && { adminPassword: values.ADMIN_PASSWORD }),
      ...(values.VIEWER_PASSWORD && { viewerPassword: values.VIEWER_PASSWORD }),
      ...(values.API_TOKEN && { apiToken: values.API_TOKEN }),
    },
    ...(values.ENVIRONMENT_NAME && { environmentName: values.ENVIRONMENT_NAME }),
    routing: values.ROUTING,
    work: {
      concurrency: values.WORKER_CONCURRENCY,
      batchSize: values.BATCH_SIZE,
      maxWaitingJobs: values.MAX_WAITING_JOBS,
    },
    canary: { everyMs: values.CANARY_SECONDS * 1_000 },
    delivery: {
      attempts: values.DELIVERY_ATTEMPTS,
      backoff: { baseMs: values.DELIVERY_BACKOFF_MS, maxMs: values.DELIVERY_BACKOFF_MAX_MS },
    },
    inbox: {
      maxItems: values.INBOX_MAX_ITEMS,
      maxAgeMs: values.INBOX_MAX_AGE_DAYS * DAY_MS,
      // A removed item is remembered for as long as a replay could restore it, plus a day.
      seenWindowMs: retentionMs + DAY_MS,
    },
    logLevel: values.LOG_LEVEL,
  };
}
