/** The context in which every role starts, and the handle it returns. */
import type { Config } from '../config/config.ts';
import type { Events } from '../observe/events.ts';
import type { Logger } from '../observe/logger.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import type { OpenRedis } from '../redis/open-redis.ts';
import type { HealthSource } from '../web/http/health-routes.ts';

export interface AppContext {
  config: Config;
  redis: OpenRedis;
  log: Logger;
  events: Events;
  metrics: Metrics;
  /** Only where TRACING asks for it. */
  tracing?: Tracing | undefined;
  /** What /readyz checks besides Redis: true, or what is wrong. */
  checks: Map<string, () => true | string | Promise<true | string>>;
}

export interface Running {
  /** Idempotent, bounded. */
  stop(): Promise<void>;
}

export function healthOf({ metrics, checks }: AppContext): HealthSource {
  return {
    checks: async () =>
      Object.fromEntries(await Promise.all([...checks].map(async ([name, check]) => [name, await check()]))),
    registry: metrics.registry,
  };
}

/** Makes stop() idempotent. */
export function once(stop: () => Promise<void>): Running {
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
