import { describe, expect, test } from 'vitest';
import { HelpAsked, parseCommandLine, UsageError } from '../../src/config/command-line.ts';
import { text, wholeNumber } from '../../src/config/parsers.ts';

const command = {
  usage: 'npm run skywire',
  about: 'Simulated Skywire.',
  options: {
    rate: { reader: wholeNumber(0, 1_000_000), default: 1_000, meaning: 'Matches a second' },
    count: { reader: wholeNumber(1, 1_000_000), required: true, meaning: 'Matches in all' },
    file: { reader: text('a path'), meaning: 'Posts to send' },
    'empty-rkey': { meaning: 'As Skywire sends today' },
  },
} as const;

const parse = (...argv: string[]) => parseCommandLine(command, argv);

function refusal(...argv: string[]): string {
  try {
    parse(...argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error('accepted, against expectation');
}

describe('a command line that is good', () => {
  test('gives what was said, and defaults for the rest', () => {
    expect(parse('--count', '5')).toEqual({ rate: 1_000, count: 5, 'empty-rkey': false });
    expect(parse('--empty-rkey', '--file', 'a=b.jsonl', '--rate', '0', '--count', '5')).toEqual({
      rate: 0,
      count: 5,
      file: 'a=b.jsonl',
      'empty-rkey': true,
    });
  });

  test('may join name and value by =, of which the first counts', () => {
    expect(parse('--count=5', '--file=a=b')).toMatchObject({ count: 5, file: 'a=b' });
  });
});

describe('a command line that is wrong', () => {
  test('is refused with every problem at once, and the help', () => {
    const message = refusal('--rate', 'fast', '--counts=5', 'stray', '-x');
    expect(message).toContain('--rate: got "fast"; takes a whole number from 0 to 1000000');
    expect(message).toContain('"--counts": no such option; did you mean --count?');
    expect(message).toContain('"stray": no such option');
    expect(message).toContain('"-x": no such option');
    expect(message).toContain('--count: missing; takes a whole number from 1 to 1000000');
    expect(message).toContain('npm run skywire -- [options]');
  });

  test.each([
    [['--count'], '--count: got ""; takes a whole number'],
    [['--count='], '--count: got ""; takes a whole number'],
    [['--count', '5', '--empty-rkey=false'], '--empty-rkey: got "false"; takes no value'],
    [['--count', '5', '--'], '"--": no such option'],
    [['--count', '5', '--constructor'], '"--constructor": no such option'],
    [['--count', '5', '--__proto__', 'x'], '"--__proto__": no such option'],
    [['--count', '5', '\u001b[31m'], '"\\u001b[31m": no such option'],
  ])('%j', (argv, problem) => {
    expect(refusal(...argv)).toContain(problem);
  });

  test('names a required option once, be it missing or wrong', () => {
    expect(refusal('--count', 'x').match(/--count: /g)).toHaveLength(1);
    expect(refusal().match(/--count: /g)).toHaveLength(1);
  });
});

describe('help', () => {
  test.each([[['--help']], [['-h']], [['--rate', 'wrong', '--help']]])(
    'is given for %j, whatever else is there',
    (argv) => {
      expect(() => parse(...argv)).toThrow(HelpAsked);
    },
  );

  test('has a line for each option: what it means, what it takes, its default', () => {
    expect(() => parse('--help')).toThrow(
      [
        'npm run skywire -- [options]',
        'Simulated Skywire.',
        '',
        '  --rate        Matches a second (a whole number from 0 to 1000000; default 1000)',
        '  --count       Matches in all (a whole number from 1 to 1000000)',
        '  --file        Posts to send (a path)',
        '  --empty-rkey  As Skywire sends today',
        '  --help        this text',
      ].join('\n'),
    );
  });
});
