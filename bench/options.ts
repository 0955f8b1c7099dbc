/** The command line of `npm run bench`. */
import type { Command, Option } from '../src/config/command-line.ts';
import { oneOf, text, wholeNumber } from '../src/config/parsers.ts';

export const suiteNames = [
  'throughput',
  'profile',
  'latency',
  'memory',
  'fanout',
  'scale',
  'curves',
  'inbox',
  'relay',
] as const;
export type SuiteName = (typeof suiteNames)[number];

export const command = {
  usage: 'npm run bench',
  about:
    'Measures on an own Redis (AOF everysec): throughput side by side with simpler designs, and what else a suite names.',
  options: {
    suite: { reader: oneOf('all', ...suiteNames), default: 'throughput', meaning: 'what to measure' },
    matches: { reader: wholeNumber(100, 10_000_000), default: 200_000, meaning: 'matches a round' },
    rounds: { reader: wholeNumber(1, 100), default: 5, meaning: 'rounds of each case, interleaved' },
    inboxes: { reader: wholeNumber(1, 100_000), default: 1_000, meaning: 'inboxes they go to' },
    file: {
      reader: text('the path of a JSONL file of posts'),
      meaning: 'real posts instead of made-up ones',
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
  file?: string;
  json: boolean;
  charts: boolean;
}
