/** The table of docs/reliability.md and the tests are the same rows: a fault that is only told of, or only tested, fails here. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../fixtures/project-root.ts';

const columns = /^\| (?!fault \||---)(.+?) \|/;
const page = readFileSync(join(projectRoot, 'docs/reliability.md'), 'utf8');
const table = page.split('<!-- fault table').at(-1)!.split('<!-- end of the fault table')[0]!;
const told = table.split('\n').flatMap((line) => columns.exec(line)?.[1] ?? []);

const inOneProcess = ['--pool=threads', '--no-isolate', '--no-file-parallelism'];

/** As Vitest collects them: rows are also made in loops. */
function tested(): string[] {
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const list = execFileSync(
    process.execPath,
    [vitest, 'list', '--json', '--config', 'vitest.faults.config.ts', ...inOneProcess],
    { cwd: projectRoot, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
  );
  return (JSON.parse(list.slice(list.indexOf('['))) as { name: string }[]).map(({ name }) => name);
}

test('every row of the fault table is a test, and every test of a fault a row, once', {
  timeout: 120_000,
}, () => {
  const names = tested();
  expect(new Set(names).size).toBe(names.length);
  expect(told.toSorted()).toEqual(names.toSorted());
});
