/** /healthz: the process is alive. /readyz: it can do its work. /metrics: its counters. */

import type { Express } from 'express';
import { Cluster } from 'ioredis';
import type { Registry } from 'prom-client';
import type { Logger } from '../../observe/logger.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { within } from '../../redis/deadline.ts';
import { requireOperator } from '../access/api-token.ts';
import { type AccessConfig, createLogin, type Login } from '../access/login.ts';
import { createBaseApp, noStore, serveGet } from './base-app.ts';
import { listen, type WebServer } from './listen.ts';

export interface HealthSource {
  /** By name: true, or what is wrong. The text is public to everyone who can reach the port. */
  checks(): Promise<Record<string, true | string>>;
  registry: Registry;
}

export interface HealthDeps {
  config: AccessConfig;
  client: RedisClient;
  health: HealthSource;
  log: Logger;
}

const CHECK_WITHIN_MS = 2_000;
const METRICS_WITHIN_MS = 5_000;

/** Serves only these three, at HEALTH_PORT (unset: any free port). */
export function startHealthServer(deps: HealthDeps): Promise<WebServer> {
  const { config, log } = deps;
  const app = createBaseApp(config, log, (app) => mountHealth(app, deps, createLogin(config)));
  const { host, healthPort = 0 } = config.http;
  return listen(app, { host, port: healthPort, setting: 'HEALTH_PORT' }, log);
}

export function mountHealth(app: Express, { config, client, health }: HealthDeps, login: Login): void {
  serveGet(app, '/healthz', noStore, (_req, res) => {
    res.json({ status: 'ok' });
  });
  serveGet(app, '/readyz', noStore, async (_req, res) => {
    const [redis, others] = await Promise.all([checkRedis(client), otherChecks(health)]);
    const checks = { redis, ...others };
    const isReady = Object.values(checks).every((found) => found === true);
    res.status(isReady ? 200 : 503).json({
      status: isReady ? 'ready' : 'not ready',
      checks: Object.fromEntries(
        Object.entries(checks).map(([name, found]) => [name, found === true ? 'ok' : found]),
      ),
    });
  });
  serveGet(app, '/metrics', noStore, requireOperator(config, login), async (_req, res) => {
    const text = await within(METRICS_WITHIN_MS, health.registry.metrics());
    res.set('Content-Type', health.registry.contentType).end(text);
  });
}

async function otherChecks(health: HealthSource): Promise<Record<string, true | string>> {
  try {
    return await within(CHECK_WITHIN_MS, health.checks());
  } catch {
    return { checks: 'failed to run' };
  }
}

/** Every role writes, and a replica answers PING but rejects writes. */
async function checkRedis(client: RedisClient): Promise<true | string> {
  try {
    const role = await within(
      CHECK_WITHIN_MS,
      client.ping().then(() => roleOf(client)),
    );
    return role === 'slave' ? 'is a replica: it rejects writes' : true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    // Only the error code: the rest of a message may name hosts.
    const code = /^([A-Z]{2,})\b/.exec(message)?.[1];
    if (code === 'LOADING') return 'is loading its data';
    return code ? `rejects commands: ${code}` : 'does not answer';
  }
}

/** A cluster client finds the masters itself. Without permission for ROLE, PING must do. */
async function roleOf(client: RedisClient): Promise<unknown> {
  if (client instanceof Cluster) return undefined;
  const reply = await client.role().catch((error: Error) => {
    if (/^(NOPERM|ERR)\b/.test(error.message)) return [];
    throw error;
  });
  return (reply as unknown[])[0];
}
