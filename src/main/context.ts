/** What every command begins with: settings, logger, Redis. */
import type { AppContext } from '../app.ts';
import type { Values } from '../config/settings.ts';
import { type Config, readEnvironment, toConfig } from '../config.ts';
import { createEvents } from '../observe/events.ts';
import { createLogger } from '../observe/logger.ts';
import { createMetrics } from '../observe/metrics.ts';
import { openRedis } from '../redis/open-redis.ts';

export interface CommandInput {
  argv: string[];
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
}

/** Exit code. */
export type RunCommand = (input: CommandInput) => Promise<number>;

/** Runs `work` with everything open, and closes it whatever happens. Throws ConfigError and what openRedis throws. */
export async function withContext(
  role: string,
  listens: (values: Values) => boolean,
  work: (context: AppContext) => Promise<number>,
): Promise<number> {
  const config: Config = toConfig(readEnvironment(), { listens });
  const log = createLogger(config.logLevel, role, process.stdout.isTTY === true);
  const metrics = createMetrics();
  const events = createEvents(log, metrics);
  const redis = await openRedis({
    config,
    say: (line) => log.info(line),
    warn: (line) => log.warn(line),
    onTrouble: events.trouble,
  });
  try {
    return await work({ config, redis, log, events, metrics });
  } finally {
    await redis.stop();
  }
}
