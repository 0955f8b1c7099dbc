/** Common setup of the tools: both Redis servers and the queues. */
import type { AppContext } from '../app/context.ts';
import { ConfigError } from '../config/config.ts';
import { openQueues } from '../lanes/queues.ts';

export const out = process.stdout;
export const listensNowhere = () => false;
export const NOW = '+';

/** Throws ConfigError if the stream is only reachable through a relay. */
export function openTools({ config, redis }: AppContext) {
  if (config.relay)
    throw new ConfigError(
      "SKYWIRE_RELAY_URL is set, but this command reads the stream directly: run it where Skywire's Redis is reachable, with SKYWIRE_REDIS_URL instead",
    );
  const home = redis.connect(redis.home, 'commands', 'tool');
  const skywireClient = redis.connect(redis.skywire, 'commands', 'tool-stream');
  return {
    config,
    home,
    skywire: skywireClient,
    queues: openQueues(home, config.delivery.attempts, config.stream.keys),
  };
}

export async function newestId(
  client: ReturnType<typeof openTools>['skywire'],
  stream: string,
): Promise<string> {
  const [newest] = await client.xrevrange(stream, '+', '-', 'COUNT', 1);
  return newest?.[0] ?? '0';
}
