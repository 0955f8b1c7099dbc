/**
 * Prints each run as it ends, and the fault table after the last one; with `-u` also writes its rows into docs/reliability.md, in
 * place of the older ones.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { projectRoot } from '../fixtures/project-root.ts';
import { againLine, HEAD, type RunResult, runLine, tableLines } from './table-lines.ts';

const PAGE = join(projectRoot, 'docs/reliability.md');
const BEGIN = '<!-- fault table: npm run test:faults -- -u -->';
const END = '<!-- end of the fault table -->';

const say = (line: string) => process.stdout.write(`${line}\n`);

export default class FaultTable implements Reporter {
  readonly #runs: RunResult[] = [];
  #writes = false;
  #isOver = false;

  onInit({ config }: Vitest): void {
    this.#writes = config.snapshotOptions.updateSnapshot === 'all';
    const { faultSeed, faultRepeat } = config.provide;
    say(`seed ${faultSeed}, each row ${faultRepeat === 1 ? 'once' : `${faultRepeat} times`}`);
    // Vitest calls nobody when a signal ends it.
    process.once('exit', () => this.#print('STOPPED before its end: '));
  }

  onTestCaseResult(test: TestCase): void {
    for (const run of resultOf(test)) {
      this.#runs.push(run);
      say(runLine(run));
    }
  }

  onTestRunEnd(_modules: readonly TestModule[], _errors: unknown, reason: string): void {
    this.#print(reason === 'interrupted' ? 'STOPPED before its end: ' : '');
  }

  #print(how: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const lines = tableLines(this.#runs);
    if (lines.length) say(`\n${[...HEAD, ...lines].join('\n')}`);
    const failed = this.#runs.filter(({ held }) => !held);
    for (const run of failed) say(`again: ${againLine(run)}`);
    say(`${how}${this.#runs.length} runs of ${lines.length} rows: ${failed.length} failed`);
    if (this.#writes && lines.length) writeRows(lines);
  }
}

/** Nothing where it did not run to its end. */
function resultOf(test: TestCase): RunResult[] {
  const { fault } = test.meta();
  const { state } = test.result();
  return fault && (state === 'passed' || state === 'failed') ? [{ ...fault, held: state === 'passed' }] : [];
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
