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
    'Kills and stops pumps, workers and Redis at random under a steady load, then says what was lost. Exit 0: nothing, and the ' +
    'whole time was run; 1: something was, or it was stopped early; both end with a line that says which.',
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
    'two-servers': { meaning: "a Redis of its own for Skywire's stream, struck like the other" },
    relay: { meaning: 'a relay between pumps and stream, struck too; implies --two-servers' },
    appendfsync: {
      reader: oneOf('always', 'everysec', 'no'),
      meaning:
        'of every Redis; with everysec their power is cut, too, which takes the last one or two seconds ' +
        'of what was confirmed (default always; with two servers everysec)',
    },
  },
} satisfies Command<Record<string, Option<unknown>>>;

type Values = OptionValues<typeof chaosCommand.options>;
export type ChaosOptions = Omit<Values, 'appendfsync' | 'two-servers'> & {
  appendfsync: 'always' | 'everysec' | 'no';
  twoServers: boolean;
};

/** Throws UsageError, HelpAsked. */
export function parseChaos(argv: readonly string[]): ChaosOptions {
  const { 'two-servers': two, appendfsync, ...rest } = parseCommandLine(chaosCommand, argv);
  const twoServers = two || rest.relay;
  return { ...rest, twoServers, appendfsync: appendfsync ?? (twoServers ? 'everysec' : 'always') };
}
