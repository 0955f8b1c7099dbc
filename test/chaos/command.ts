import {
  type Command,
  type Option,
  type OptionValues,
  parseCommandLine,
} from '../../src/config/command-line.ts';
import { oneOf, type Parser, wholeNumber } from '../../src/config/parsers.ts';

const minutes: Parser<number> = {
  takes: 'a number above 0, up to 1440',
  parse: (text) => {
    const value = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
    return value > 0 && value <= 1_440 ? value : undefined;
  },
};

export const chaosCommand = {
  usage: 'npm run chaos',
  about:
    'Kills and stops pumps, workers and Redis at random under a steady load, then says what was lost. Exit 1 if anything was.',
  options: {
    minutes: { reader: minutes, default: 10, meaning: 'how long' },
    seed: {
      reader: wholeNumber(0, Number.MAX_SAFE_INTEGER),
      default: 1,
      meaning: 'the same one, the same blows',
    },
    rate: { reader: wholeNumber(1, 100_000), default: 1_000, meaning: 'matches per second' },
    workers: { reader: wholeNumber(1, 100), default: 10, meaning: 'worker processes' },
    pumps: { reader: wholeNumber(1, 100), default: 3, meaning: 'pump processes' },
    appendfsync: {
      reader: oneOf('always', 'everysec', 'no'),
      default: 'always' as const,
      meaning: 'of the Redis that is killed; with everysec it can lose what it confirmed',
    },
  },
} satisfies Command<Record<string, Option<unknown>>>;

export type ChaosOptions = OptionValues<typeof chaosCommand.options>;

/** Throws UsageError, HelpAsked. */
export const parseChaos = (argv: readonly string[]): ChaosOptions => parseCommandLine(chaosCommand, argv);
