import { type Command, type Option, parseCommandLine } from '../config/command-line.ts';
import { streamPosition } from '../stream/window.ts';
import { createProgress } from '../tools/progress.ts';
import { replay } from '../tools/replay.ts';
import { type CommandInput, withContext } from './context.ts';
import { listensNowhere, NOW, newestId, openTools, out } from './tool-context.ts';

const replayCommand = {
  usage: 'npm run replay',
  about: 'Sends a window of the stream through the pipeline again. Safe: an inbox takes each post once.',
  options: {
    from: { reader: streamPosition, required: true, meaning: 'first entry' },
    to: { reader: streamPosition, default: NOW, meaning: 'last entry; + is the newest' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

export async function runReplay({ argv, signal }: CommandInput): Promise<number> {
  const { from, to } = parseCommandLine(replayCommand, argv) as { from: string; to: string };
  return withContext(
    'replay',
    listensNowhere,
    async (context) => {
      const { config, skywire: client, queues } = openTools(context);
      const progress = createProgress(out);
      const { batchSize, maxWaitingJobs } = config.work;
      let total = 0;
      for (const stream of config.stream.keys) {
        const onProgress = (entries: number, id: string) =>
          progress.show(`${stream}: ${entries} entries, at ${id}`);
        const newest = to === NOW ? await newestId(client, stream) : to;
        const done = await replay({
          client,
          queues,
          stream,
          from,
          to: newest,
          batchSize,
          maxWaitingJobs,
          signal,
          onProgress,
        });
        total += done.entries;
        progress.clear();
        if (done.next !== undefined) {
          out.write(`stopped after ${total} entries; resume with --from ${done.next}\n`);
          return 1;
        }
      }
      await queues.close();
      out.write(`replayed ${total} entries\n`);
      return 0;
    },
    { isTool: true },
  );
}
