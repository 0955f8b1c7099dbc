/** Common setup of every command: settings, logger, Redis. */
import { isatty } from 'node:tty';
import type { AppContext } from '../app/context.ts';
import { type Config, environmentProblems, readEnvironment, toConfig } from '../config/config.ts';
import type { Values } from '../config/settings.ts';
import { readVersion } from '../config/version.ts';
import { createEvents } from '../observe/events.ts';
import { createLogger } from '../observe/logger.ts';
import { createMetrics } from '../observe/metrics.ts';
import { startTracing } from '../observe/start-tracing.ts';
import { orStopped } from '../redis/deadline.ts';
import { openRedis } from '../redis/open-redis.ts';

export interface CommandInput {
  argv: string[];
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
}

/** Exit code. */
export type RunCommand = (input: CommandInput) => Promise<number>;

export interface ContextOptions {
  /** Prints its result to standard output, so only warnings are logged. */
  isTool?: boolean;
  /** Accepts a Redis that fails the startup check, to examine it. */
  anyServer?: boolean;
  /** Has a part in a match's trace. */
  traces?: boolean;
  /** Uses only Skywire's Redis. */
  skywireOnly?: boolean;
  /** false: starts even if Skywire's Redis is unavailable. */
  needsSkywire?: boolean;
  /** Ends the wait for Redis, and a tool's work. */
  signal: AbortSignal;
  /** A tool that reports its progress gets this long after the signal. */
  lastWordsMs?: number;
}

/** Runs `work` and closes Redis afterwards. Throws ConfigError, Stopped, and what openRedis throws. */
export async function withContext(
  role: string,
  listens: (values: Values) => boolean,
  work: (context: AppContext) => Promise<number>,
  {
    isTool = false,
    traces = false,
    anyServer = false,
    skywireOnly = false,
    needsSkywire,
    signal,
    lastWordsMs = 0,
  }: ContextOptions,
): Promise<number> {
  const config: Config = toConfig(readEnvironment(), { listens, found: environmentProblems() });
  const metrics = createMetrics();
  const log = createLogger(
    isTool && config.logLevel === 'info' ? 'warn' : config.logLevel,
    role,
    isatty(1),
    () => metrics.logLinesDropped.inc(),
  );
  const version = readVersion();
  metrics.about.set({ version, role }, 1);
  const tracing = traces && config.isTraced ? await startTracing(role, version, log) : undefined;
  const events = createEvents(log, metrics);
  const redis = await openRedis({
    config: {
      ...config,
      ...(skywireOnly && { redis: config.skywireRedis }),
      allowEviction: config.allowEviction || anyServer,
    },
    needsSkywire,
    signal,
    say: (line) => log.info(line),
    warn: (line) => (isTool ? undefined : log.warn(line)),
    onTrouble: events.trouble,
  });
  try {
    const working = work({ config, redis, log, events, metrics, tracing, checks: new Map() });
    return await (isTool ? orStopped(signal, lastWordsMs, working) : working);
  } finally {
    await Promise.all([redis.stop(), tracing?.stop()]);
  }
}
