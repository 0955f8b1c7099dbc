import { parseSkywire, runSkywire as simulate } from '../simulator/command.ts';
import { type CommandInput, withContext } from './context.ts';
import { listensNowhere, out } from './tool-context.ts';

export async function runSkywire({ argv, signal }: CommandInput): Promise<number> {
  const options = parseSkywire(argv);
  return withContext(
    'skywire',
    listensNowhere,
    async ({ config, redis }) => {
      const client = redis.connect(redis.skywire, 'commands', 'skywire');
      await simulate(options, { client, streams: config.stream.keys, signal, out });
      return 0;
    },
    // The simulator gives itself 2 s.
    { isTool: true, signal, lastWordsMs: 2_500 },
  );
}
