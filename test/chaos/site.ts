/** What the storm rages in: one Redis, or a second one for Skywire's stream, and perhaps a relay before that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/relay/server/tokens.ts';
import { freePort } from '../fixtures/free-port.ts';
import { markedFile } from '../fixtures/power-loss.ts';
import { type Servers, STREAM } from '../fixtures/progress.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import type { ChaosOptions } from './command.ts';

export interface ChaosSite {
  /** Of queues and inboxes. */
  home: TestRedis;
  /** Of the stream: the same one, unless there are two. */
  skywire: TestRedis;
  servers: Servers;
  /** Settings of every role but the pump and the relay. */
  env: Record<string, string>;
  pumpEnv: Record<string, string>;
  /** undefined: there is no relay. */
  relayEnv: Record<string, string> | undefined;
  stop(): Promise<void>;
}

const TOKEN = 'swr_chaos';

export async function openSite({ appendfsync, twoServers, relay }: ChaosOptions): Promise<ChaosSite> {
  const args = appendfsync === 'everysec' ? markedFile : ['--appendfsync', appendfsync];
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-chaos-'));
  const home = await startRedis(...args);
  const skywire = twoServers ? await startRedis(...args) : home;
  const homeClient = home.client();
  const common = { REDIS_URL: home.url, ROUTING: 'directory', INBOX_MAX_ITEMS: '0', LOG_LEVEL: 'warn' };
  const env = { ...common, ...(twoServers && { SKYWIRE_REDIS_URL: skywire.url }) };
  const tokens = join(folder, 'relay-tokens');
  writeFileSync(tokens, `chaos ${digestOf(TOKEN)} connections=100\n`);
  const port = String(await freePort());
  return {
    home,
    skywire,
    servers: {
      home: homeClient,
      skywire: twoServers ? skywire.client() : homeClient,
      streams: [STREAM],
    },
    env,
    pumpEnv: relay
      ? { ...common, SKYWIRE_RELAY_URL: `ws://127.0.0.1:${port}`, SKYWIRE_RELAY_TOKEN: TOKEN }
      : env,
    relayEnv: relay
      ? {
          SKYWIRE_REDIS_URL: skywire.url,
          RELAY_PORT: port,
          RELAY_TOKENS_FILE: tokens,
          LOG_LEVEL: 'warn',
        }
      : undefined,
    async stop() {
      await home.stop();
      await skywire.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
