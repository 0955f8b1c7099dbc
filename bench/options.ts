/** The command line of `npm run bench`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, type Option, parseCommandLine, UsageError } from '../src/config/command-line.ts';
import { oneOf, type Parser, text, wholeNumber } from '../src/config/parsers.ts';
import { type FaultName, faultNames } from './faults.ts';
import { mainOf } from './processes.ts';

export const suiteNames = [
  'throughput',
  'latency',
  'memory',
  'fanout',
  'scale',
  'curves',
  'inbox',
  'relay',
  'cluster',
  'lookups',
] as const;
export type SuiteName = (typeof suiteNames)[number];

const builtCheckout: Parser<string> = {
  takes: 'the folder of another checkout in which npm run build was run: dist/src/main.js must be there',
  parse: (path) => (path && existsSync(mainOf(path)) ? resolve(path) : undefined),
};

/** The suites that can measure another build beside this one. */
const comparing = ['throughput', 'latency'];

const command = {
  usage: 'npm run bench',
  about:
    'Measures on an own Redis (AOF everysec): throughput side by side with simpler designs, and what else a suite names.',
  options: {
    suite: {
      reader: oneOf('all', ...suiteNames),
      default: 'throughput',
      meaning: 'what to measure; all: every one but lookups',
    },
    matches: { reader: wholeNumber(100, 10_000_000), default: 200_000, meaning: 'matches a round' },
    rounds: { reader: wholeNumber(1, 100), default: 5, meaning: 'rounds of each case, interleaved' },
    inboxes: { reader: wholeNumber(1, 100_000), default: 1_000, meaning: 'inboxes they go to' },
    seconds: {
      reader: wholeNumber(2, 3_600),
      default: 60,
      meaning: 'with --suite lookups: how long a run is',
    },
    fault: {
      reader: oneOf('all', ...faultNames),
      default: 'all',
      meaning: 'with --suite lookups: what is wrong with Bluesky',
    },
    file: {
      reader: text('the path of a JSONL file of posts'),
      meaning: 'real posts instead of made-up ones',
    },
    against: {
      reader: builtCheckout,
      meaning: `another build, measured in the same run; with --suite ${comparing.join(' or ')}`,
    },
    json: { meaning: 'the results as JSON, every round of them' },
    charts: { meaning: 'writes the charts into docs/charts' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

export interface Options {
  suite: 'all' | SuiteName;
  matches: number;
  rounds: number;
  inboxes: number;
  /** Of a run of the lookups suite. */
  seconds: number;
  /** Of the Bluesky that it asks. */
  fault: 'all' | FaultName;
  file?: string;
  /** Folder of another checkout, built. */
  against?: string;
  json: boolean;
  charts: boolean;
}

/** Throws UsageError, HelpAsked. */
export function parseBench(argv: readonly string[]): Options {
  const options = parseCommandLine(command, argv) as Options;
  if (options.against !== undefined && !comparing.includes(options.suite))
    throw new UsageError(`--against: takes --suite ${comparing.join(' or ')}, not ${options.suite}`);
  return options;
}
