import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../src/config/command-line.ts';
import { NoServer, useChosenServer } from '../servers/chosen.ts';
import { countsOf, row, serversOf } from '../servers/runs.ts';

let folder: string;
let valkey: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-servers-test-'));
  valkey = program('valkey-server', 'echo "Valkey server v=9.1.2 sha=00000000:0 malloc=jemalloc-5.3.1"');
});
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the chosen server is what a process finds as redis-server', () => {
  const env = { PATH: process.env['PATH'], TEST_REDIS_SERVER: valkey };
  useChosenServer(env);
  expect(execFileSync('redis-server', ['--version'], { encoding: 'utf8', env })).toContain('v=9.1.2');
});

test('without a choice the PATH stays', () => {
  const env = { PATH: '/usr/bin', TEST_REDIS_SERVER: '' };
  useChosenServer(env);
  expect(env.PATH).toBe('/usr/bin');
});

test('a choice that is no server ends the run instead of testing another one', () => {
  const other = program('other', 'echo hello');
  const choose = (path: string) => () => useChosenServer({ PATH: '', TEST_REDIS_SERVER: path });
  expect(choose(join(folder, 'missing'))).toThrow(NoServer);
  expect(choose(folder)).toThrow('it is a folder');
  expect(choose(other)).toThrow(/other is no redis-server or valkey-server: hello/);
});

test('servers to test against: each with its version', () => {
  expect(serversOf(`${valkey}:`)).toEqual([{ path: valkey, version: 'Valkey 9.1.2' }]);
});

test.each([undefined, '', ':'])('TEST_REDIS_SERVERS %j: the right form is said', (list) => {
  expect(() => serversOf(list)).toThrow(UsageError);
  expect(() => serversOf(list)).toThrow(/TEST_REDIS_SERVERS=\/usr\/bin\/redis-server:\/opt\//);
});

test('TEST_REDIS_SERVERS with wrong paths: all of them are named', () => {
  const wrong = () => serversOf(`${join(folder, 'one')}:${valkey}:${join(folder, 'two')}`);
  expect(wrong).toThrow(UsageError);
  expect(wrong).toThrow(/one cannot be run as a server[^]*two cannot be run[^]*The right form/);
});

test('a line of the table', () => {
  const results = [
    { status: 'failed', assertionResults: [] },
    { status: 'passed', assertionResults: [{}] },
  ];
  const counts = { numPassedTests: 1200, numFailedTests: 2, numPendingTests: 3, numTodoTests: 0 };
  const found = countsOf(JSON.stringify({ ...counts, testResults: results }));
  const server = { path: valkey, version: 'Valkey 9.1.2' };
  expect(row(server, '2026-11-27', found)).toBe('| Valkey 9.1.2 | 2026-11-27 | 1200 | 3 | 3 |');
  expect(row(server, '2026-11-27', undefined)).toContain('did not run');
});
