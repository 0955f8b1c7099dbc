/** /healthz, /readyz and /metrics of a role without pages. */

import type { RedisClient } from '../redis/connections.ts';
import { startHealthServer } from '../web/http/health-routes.ts';
import { type AppContext, healthOf, type Running } from './context.ts';

/** Only if HEALTH_PORT is set. */
export async function startHealth(context: AppContext): Promise<Running | undefined> {
  const { config, redis, log } = context;
  if (config.http.healthPort === undefined) return undefined;
  const client: RedisClient = redis.connect(redis.home, 'commands', 'health');
  const http = { ...config.http, port: config.http.healthPort };
  return startHealthServer({ config: { ...config, http }, client, health: healthOf(context), log });
}
