/** The relay, next to Skywire's Redis. */
import { ConfigError } from '../config/config.ts';
import { howToRun } from '../config/invocation.ts';
import { createRelayEvents } from '../relay/server/events.ts';
import { startRelay } from '../relay/server/server.ts';
import { watchTokens } from '../relay/server/tokens.ts';
import { openUpstream } from '../relay/server/upstream.ts';
import { type AppContext, type Running } from './context.ts';

/** Throws ConfigError, RelayError. */
export async function startRelayRole({
  config,
  redis,
  log,
  metrics,
}: AppContext): Promise<Running & { url: string }> {
  const { host, port, tls, tokensFile, isSafe } = config.relayServer;
  if (!isSafe) {
    throw new ConfigError(
      `RELAY_HOST: got ${JSON.stringify(host)}, which other machines can reach: tokens and posts would travel unencrypted. ` +
        'Set RELAY_TLS_CERT and RELAY_TLS_KEY, or RELAY_ALLOW_PLAIN=1 if a proxy terminates TLS, or use 127.0.0.1',
    );
  }
  const events = createRelayEvents(log, metrics.registry);
  const tokens = watchTokens({
    file: tokensFile,
    onChange() {
      events.tokens(tokens.count());
      relay.revoke();
    },
    onProblems: (problems) => problems.forEach(events.problem),
  });
  if (!tokens.count()) {
    tokens.stop();
    throw new ConfigError(
      `RELAY_TOKENS_FILE: nobody may connect: there is no valid line in ${JSON.stringify(tokensFile)}. ` +
        `Make one: ${howToRun('relay-token', '--name pump')} >> ${tokensFile} (the token itself is shown once, for SKYWIRE_RELAY_TOKEN)`,
    );
  }
  const commands = redis.connect(redis.skywire, 'commands', 'relay');
  const relay = await startRelay({
    host,
    port,
    tls,
    tokens,
    events,
    streams: config.stream.keys,
    group: config.stream.group,
    openUpstream: (consumer) =>
      openUpstream(
        { commands, openReader: () => redis.connect(redis.skywire, 'reader', 'relay-reader') },
        consumer,
      ),
  });
  return {
    url: relay.url,
    async stop() {
      tokens.stop();
      await relay.stop();
    },
  };
}
