import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseBench } from '../../bench/options.ts';
import { UsageError } from '../../src/config/command-line.ts';

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'skywire-inbox-checkout-'));
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

test('--against takes a checkout that is built', () => {
  mkdirSync(join(checkout, 'dist/src'), { recursive: true });
  writeFileSync(join(checkout, 'dist/src/main.js'), '');
  expect(parseBench(['--against', checkout])).toMatchObject({ suite: 'throughput', against: checkout });
  const wrongSuite = () => parseBench(['--against', checkout, '--suite', 'memory']);
  expect(wrongSuite).toThrow(UsageError);
  expect(wrongSuite).toThrow('--against: takes --suite throughput or latency, not memory');
});

test.each(['', 'nowhere', '.'])('--against %j, where nothing is built, is refused', (path) => {
  const refused = () => parseBench(['--against', path && join(checkout, path)]);
  expect(refused).toThrow(UsageError);
  expect(refused).toThrow(/--against: got ".*"; takes the folder of another checkout .*dist\/src\/main\.js/);
});

test('--suite lookups takes how long a run is, and one of the faults', () => {
  const options = parseBench(['--suite', 'lookups', '--seconds', '5', '--fault', 'huge']);
  expect(options).toMatchObject({ suite: 'lookups', seconds: 5, fault: 'huge' });
  expect(parseBench([])).toMatchObject({ seconds: 60, fault: 'all' });
  expect(() => parseBench(['--fault', 'fire'])).toThrow(/--fault: got "fire"; takes all or answers or slow/);
});
