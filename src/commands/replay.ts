import { type Command, type Option, parseCommandLine } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import { streamPosition } from '../stream/window.ts';
import { createProgress } from '../tools/progress.ts';
import { replay } from '../tools/replay.ts';
import { type CommandInput, withContext } from './context.ts';
import { listensNowhere, NOW, newestId, openTools, out } from './tool-context.ts';

const replayCommand = {
  usage: howToRun('replay'),
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
      const streams = config.stream.keys;
      let total = 0;
      for (const [at, stream] of streams.entries()) {
        const onProgress = (entries: number, id: string) =>
          progress.show(`${stream}: ${entries} entries, at ${id}`);
        const done = await replay({
          client,
          queues,
          stream,
          from,
          to: to === NOW ? () => newestId(client, stream) : to,
          batchSize,
          maxWaitingJobs,
          signal,
          onProgress,
        });
        total += done.entries;
        progress.clear();
        if (done.next !== undefined) {
          const window = { from, to, next: done.next };
          out.write(`stopped after ${total} entries; resume with${howToResume(streams, at, window)}\n`);
          return 1;
        }
      }
      await queues.close();
      out.write(`replayed ${total} entries\n`);
      return 0;
    },
    { isTool: true, signal, lastWordsMs: 1_000 },
  );
}

/** Ids of one stream say nothing about another: each partition resumes at its own position. */
function howToResume(
  streams: readonly string[],
  at: number,
  { from, to, next }: { from: string; to: string; next: string },
): string {
  const until = to === NOW ? '' : ` --to ${to}`;
  if (streams.length === 1) return ` --from ${next}${until}`;
  const command = (some: readonly string[], start: string) =>
    `\n  SKYWIRE_STREAM='${some.join(',')}' ${howToRun('replay', `--from ${start}${until}`)}`;
  const rest = streams.slice(at + 1);
  return command([streams[at]!], next) + (rest.length ? command(rest, from) : '');
}
