/** What every tool needs: both Redis servers and the queues. */
import type { AppContext } from '../app.ts';
import { openQueues } from '../redis/queues.ts';

export const out = process.stdout;
export const listensNowhere = () => false;
export const NOW = '+';

export function openTools({ config, redis }: AppContext) {
  const home = redis.connect(redis.home, 'commands', 'tool');
  const skywireClient = redis.connect(redis.skywire, 'commands', 'tool-stream');
  return { config, home, skywire: skywireClient, queues: openQueues(home, config.delivery.attempts) };
}

export async function newestId(
  client: ReturnType<typeof openTools>['skywire'],
  stream: string,
): Promise<string> {
  const [newest] = await client.xrevrange(stream, '+', '-', 'COUNT', 1);
  return newest?.[0] ?? '0';
}
