import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { digestOf, newToken, parseTokens, watchTokens } from '../../src/relay/server/tokens.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-tokens-'));
  file = join(folder, 'tokens');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a line is a name, a digest and options', () => {
  const digest = digestOf('secret');
  const { grants, problems } = parseTokens(
    `# comment\n\none ${digest}\r\ntwo ${digest.toUpperCase()} group=g connections=3 rate=100\n`,
  );
  expect(problems).toEqual([]);
  expect(grants).toEqual([
    { name: 'one', digest, group: undefined, connections: 16, rate: 50_000 },
    { name: 'two', digest, group: 'g', connections: 3, rate: 100 },
  ]);
});

test.each([
  ['a token in place of its digest', 'one swr_abc', /^line 1: expected the SHA-256/],
  ['no digest', 'one', /SHA-256/],
  ['a name with odd characters', `a/b ${digestOf('x')}`, /a name is/],
  ['a name twice', `a ${digestOf('x')}\na ${digestOf('y')}`, /^line 2: duplicate name/],
  ['an unknown option', `a ${digestOf('x')} colour=red`, /invalid option: expected group=/],
  ['a rate of nothing', `a ${digestOf('x')} rate=0`, /invalid option/],
])('%s is a problem that shows nothing of the line', (_, text, complaint) => {
  const { problems } = parseTokens(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(complaint);
  expect(problems[0]).not.toContain('swr_abc');
});

test('the file is read again when it changes; what is wrong or gone lets nobody in', async () => {
  const [token, other] = [newToken(), newToken()];
  writeFileSync(file, `a ${digestOf(token)}\n`);
  const onChange = vi.fn();
  const onProblems = vi.fn();
  const tokens = watchTokens({ file, onChange, onProblems, lookEveryMs: 5 });
  const grant = tokens.find(Buffer.from(token))!;
  expect(grant.name).toBe('a');
  expect(tokens.find(Buffer.from(other))).toBeUndefined();
  writeFileSync(file, `b ${digestOf(other)}\nnonsense\n`);
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1));
  expect(onProblems).toHaveBeenCalledWith([expect.stringContaining('line 2')]);
  expect(tokens.stands(grant)).toBe(false);
  expect(tokens.find(Buffer.from(other))?.name).toBe('b');
  rmSync(file);
  await vi.waitFor(() => expect(tokens.count()).toBe(0));
  expect(onProblems).toHaveBeenLastCalledWith([expect.stringContaining('cannot be read: ENOENT')]);
  tokens.stop();
});
