import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HelpAsked, UsageError } from '../../src/config/command-line.ts';
import { parseSkywire } from '../../src/simulator/command.ts';

const thisFile = fileURLToPath(import.meta.url);

test('without options: 100 a second until stopped, made up, for 1000 subscriptions', () => {
  expect(parseSkywire([])).toEqual({ rate: 100, count: 0, subscriptions: 1000, 'empty-rkey': false });
});

test('every option of the contract is read', () => {
  const argv = `--rate 1000 --count=100000 --subscriptions 5 --seed 3 --empty-rkey --file ${thisFile}`.split(
    ' ',
  );
  expect(parseSkywire(argv)).toEqual({
    rate: 1000,
    count: 100_000,
    subscriptions: 5,
    seed: 3,
    'empty-rkey': true,
    file: thisFile,
  });
});

test.each(['--rate', '--subscriptions', '"/no/such"; takes the path', 'did you mean --count?'])(
  'all problems are named at once, with what each option takes: %s',
  (part) => {
    const argv = ['--rate', '-1', '--subscriptions', '0', '--file', '/no/such', '--cuont', '9'];
    expect(() => parseSkywire(argv)).toThrow(UsageError);
    expect(() => parseSkywire(argv)).toThrow(part);
  },
);

test('a folder is no file of posts', () => {
  expect(() => parseSkywire(['--file', '/'])).toThrow('--file: got "/"');
});

test('--help lists the options', () => {
  expect(() => parseSkywire(['--help'])).toThrow(HelpAsked);
  expect(() => parseSkywire(['--help'])).toThrow('--empty-rkey');
});
