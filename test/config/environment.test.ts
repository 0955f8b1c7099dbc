import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentProblems, readEnvironment, toConfig } from '../../src/config/config.ts';

const start = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-env-'));
  process.chdir(folder);
  process.env['BATCH_SIZE'] = '7';
});

afterEach(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
  for (const name of ['BATCH_SIZE', 'PORT']) delete process.env[name];
});

test('.env of the working folder lies beneath the environment', () => {
  delete process.env['PORT'];
  writeFileSync('.env', '# a comment\nBATCH_SIZE=8\nPORT="3001"\n');
  expect(readEnvironment()).toMatchObject({ BATCH_SIZE: '7', PORT: '3001' });
});

test('without .env there is the environment alone', () => {
  expect(readEnvironment()['BATCH_SIZE']).toBe('7');
});

test('a secret that .env cuts is a problem of the settings, with its line, and is not shown', () => {
  writeFileSync('.env', 'PORT=3001\nADMIN_PASSWORD=ab#cdefghij\n');
  const found = environmentProblems();
  expect(found).toEqual([
    expect.stringMatching(/^ADMIN_PASSWORD: \.env, line 2: .+ write ADMIN_PASSWORD='…' in single quotes$/),
  ]);
  expect(() => toConfig(readEnvironment(), { listens: () => true, found })).toThrow(found[0]);
  delete process.env['ADMIN_PASSWORD'];
});
