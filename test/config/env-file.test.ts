import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { envFileProblems } from '../../src/config/env-file.ts';

const isSecret = (name: string) => ({ ADMIN_PASSWORD: true, SKYWIRE_STREAM: false })[name];
const problems = (file: string, env = parseEnv(file)) => envFileProblems(file, env, isSecret);

test.each([
  'ADMIN_PASSWORD=ab#cdefghij',
  'ADMIN_PASSWORD=ab #cdefghij',
  'ADMIN_PASSWORD=#abcdefghij',
  'ADMIN_PASSWORD=ab\\cdefghij',
  "ADMIN_PASSWORD=ab'cdefghij",
  'ADMIN_PASSWORD="ab\\cdefghij"',
  'ADMIN_PASSWORD="ab"cdefghij"',
  "ADMIN_PASSWORD='ab'cdefghij",
  'ADMIN_PASSWORD="abcdefghij',
  'ADMIN_PASSWORD=`ab#cdefghij`',
  'export ADMIN_PASSWORD=ab#cdefghij',
  '  ADMIN_PASSWORD = ab#cdefghij',
  'SKYWIRE_STREAM=skywire#matches',
  'SKYWIRE_STREAM="skywire:matches',
])('a value that is not read the same everywhere is a problem: %s', (line) => {
  const [problem, ...others] = problems(`# settings\nPORT=1\n${line}\n`);
  expect(others).toEqual([]);
  expect(problem).toMatch(
    /^(ADMIN_PASSWORD|SKYWIRE_STREAM): \.env, line 3: .+; write \1=['"]…['"] in .+ quotes/,
  );
  expect(problem).not.toMatch(/cdefg/);
});

test.each([
  ["ADMIN_PASSWORD='ab#cd\\ef\"gh`i $x'", 'ab#cd\\ef"gh`i $x'],
  ['ADMIN_PASSWORD="ab#cd\'efghi" # mine', "ab#cd'efghi"],
  ['ADMIN_PASSWORD=abcd$efghij!?&=', 'abcd$efghij!?&='],
  ['ADMIN_PASSWORD=', ''],
])('%s is read whole', (line, value) => {
  expect(problems(line)).toEqual([]);
  expect(parseEnv(line)['ADMIN_PASSWORD']).toBe(value);
});

test('a comment behind a value that is no secret, a comment line, and a name that is no setting are none', () => {
  expect(problems("SKYWIRE_STREAM=a,b # two\n#ADMIN_PASSWORD=a#b\nOTHER=a#b'c\n\r\n")).toEqual([]);
});

test('a value that the environment overrides is not looked at', () => {
  expect(problems('ADMIN_PASSWORD=ab#cdefghij', { ADMIN_PASSWORD: 'another one' })).toEqual([]);
});
