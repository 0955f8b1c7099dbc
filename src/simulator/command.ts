/** `npm run skywire`. */
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { type Command, type Option, type OptionValues, parseCommandLine } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import { type Parser, wholeNumber } from '../config/parsers.ts';
import type { RedisClient } from '../redis/connections.ts';
import type { MadeUpBluesky } from './bluesky/server.ts';
import { filePosts } from './file-posts.ts';
import { madeUpPosts } from './made-up-posts.ts';
import { type Simulator, startSimulator } from './simulator.ts';

const readableFile: Parser<string> = {
  takes: 'the path of a file that this user can read',
  parse: (path) => {
    try {
      accessSync(path, constants.R_OK);
      return statSync(path).isFile() ? path : undefined;
    } catch {
      return undefined;
    }
  },
};

export const skywireCommand = {
  usage: howToRun('skywire'),
  about:
    "A simulated Skywire: appends realistic matches to Skywire's stream, and prints how many and how fast.",
  options: {
    rate: {
      reader: wholeNumber(0, 1_000_000),
      default: 100,
      meaning: 'matches per second; 0 = as fast as possible',
    },
    count: {
      reader: wholeNumber(0, 1_000_000_000_000),
      default: 0,
      meaning: 'matches in all; 0 = until stopped',
    },
    file: {
      reader: readableFile,
      meaning:
        'posts to send, one JSON object {uri, author, text, indexed_at, raw_record} per line; default: generated posts',
    },
    subscriptions: {
      reader: wholeNumber(1, 1_000_000_000),
      default: 1000,
      meaning: 'number of subscriptions to match; their ids depend on the seed (default 1)',
    },
    seed: {
      reader: wholeNumber(0, Number.MAX_SAFE_INTEGER),
      meaning: 'makes a run repeatable: the same seed sends the same matches; default: new posts each run',
    },
    bluesky: {
      reader: wholeNumber(0, 65_535),
      meaning:
        'also serve a simulated Bluesky that has these posts, on this port of 127.0.0.1 (0: any free one), until stopped; it prints the settings for the other roles',
    },
    'empty-rkey': { meaning: 'leave the last segment of the uri empty, as Skywire currently does' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

export type SkywireOptions = OptionValues<typeof skywireCommand.options>;

/** Throws UsageError, HelpAsked. */
export function parseSkywire(argv: readonly string[]): SkywireOptions {
  return parseCommandLine(skywireCommand, argv);
}

export interface SkywireContext {
  client: RedisClient;
  /** Keys of the stream's partitions. */
  streams: readonly string[];
  /** Ends the run early, successfully. */
  signal: AbortSignal;
  out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
}

/** Resolves when all is appended or `signal` aborts. Throws PostFileError, or Redis' error if a retry is useless. */
export async function runSkywire(options: SkywireOptions, context: SkywireContext): Promise<void> {
  const { client, streams, signal, out } = context;
  const { rate, count, file, subscriptions, seed = 1, 'empty-rkey': emptyRkey } = options;
  const clock = options.seed === undefined ? Date.now : undefined;
  const written = file === undefined ? madeUpPosts(seed, clock) : filePosts(file);
  const bluesky = options.bluesky === undefined ? undefined : await startBluesky(seed, options.bluesky, out);
  const posts = bluesky?.publish(written) ?? written;
  const simulator = startSimulator(client, { streams, rate, count, subscriptions, seed, emptyRkey, posts });
  const stop = () => void simulator.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const hideProgress = out.isTTY ? showProgress(simulator, count, out) : () => undefined;
  try {
    const { count: appended, seconds } = await simulator.done.finally(hideProgress);
    const perSecond = Math.round(appended / Math.max(seconds, 0.001));
    out.write(`appended ${appended} matches in ${seconds.toFixed(2)} s: ${perSecond} per second\n`);
    if (bluesky && !signal.aborted) await once(signal, 'abort');
  } finally {
    await bluesky?.stop();
    signal.removeEventListener('abort', stop);
  }
}

async function startBluesky(seed: number, port: number, out: SkywireContext['out']): Promise<MadeUpBluesky> {
  const { startMadeUpBluesky } = await import('./bluesky/server.ts');
  const bluesky = await startMadeUpBluesky({ seed, port });
  out.write(
    `simulated Bluesky: BLUESKY_API_URL=${bluesky.url} PLC_URL=${bluesky.url} MEDIA=${bluesky.url}\n`,
  );
  return bluesky;
}

const PROGRESS_EVERY_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

function showProgress(simulator: Simulator, count: number, out: SkywireContext['out']): () => void {
  const show = () =>
    out.write(`${CLEAR_LINE}appended ${simulator.appended()}${count ? ` of ${count}` : ''} matches`);
  const timer = setInterval(show, PROGRESS_EVERY_MS);
  return () => {
    clearInterval(timer);
    out.write(CLEAR_LINE);
  };
}
