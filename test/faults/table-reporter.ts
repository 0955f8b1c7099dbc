/** Prints the fault table after the run; with `-u` also writes its rows into docs/reliability.md, in place of the older ones. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { projectRoot } from '../fixtures/project-root.ts';
import type { FaultRow } from './fault.ts';

const PAGE = join(projectRoot, 'docs/reliability.md');
const BEGIN = '<!-- fault table: npm run test:faults -- -u -->';
const END = '<!-- end of the fault table -->';

export default class FaultTable implements Reporter {
  #writes = false;

  onInit(vitest: Vitest): void {
    this.#writes = vitest.config.snapshotOptions.updateSnapshot === 'all';
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .flatMap((module) => [...module.children.allTests()])
      .flatMap((test) => rowOf(test))
      .map(toLine);
    if (!rows.length) return;
    process.stdout.write(`\n${[...HEAD, ...rows].join('\n')}\n`);
    if (this.#writes) writeRows(rows);
  }
}

const HEAD = [
  '| fault | what happened | matches | lost | duplicated | recovered after |',
  '| --- | --- | ---: | ---: | ---: | ---: |',
];

function rowOf(test: TestCase): FaultRow[] {
  const { fault } = test.meta();
  return fault ? [fault] : [];
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function toLine({ fault, happened, matches, lost, duplicated, recoveryMs }: FaultRow): string {
  const counts = [matches, lost, duplicated, recoveryMs === undefined ? recoveryMs : seconds(recoveryMs)].map(
    (cell) => cell ?? '–',
  );
  return `| ${[fault, happened.replaceAll('|', '\\|'), ...counts].join(' | ')} |`;
}

const faultOf = (line: string): string => line.split('|')[1]!.trim();

function writeRows(rows: readonly string[]): void {
  if (!existsSync(PAGE)) return;
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN) as [string, string];
  const [table, after] = rest.split(END) as [string, string];
  const byFault = new Map(
    table
      .split('\n')
      .filter((line) => line.startsWith('| ') && !HEAD.includes(line))
      .map((line) => [faultOf(line), line]),
  );
  for (const row of rows) byFault.set(faultOf(row), row);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${[...HEAD, ...byFault.values()].join('\n')}\n\n${END}${after}`);
}
