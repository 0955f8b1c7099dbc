/** What a suite found: tables for the terminal and the docs, all of it as JSON, and charts. */
import type { Machine } from './machine.ts';

export type Cell = string | number;

export interface Table {
  title: string;
  columns: string[];
  rows: Cell[][];
}

export interface Chart {
  /** Name of the file, without its ending. */
  name: string;
  svg: string;
}

export interface Result {
  suite: string;
  /** What was measured, and how: one sentence for somebody who reads only this. */
  about: string;
  tables: Table[];
  charts: Chart[];
  /** Every round, as it was measured. */
  rounds: unknown;
}

export function printResult({ suite, about, tables }: Result): string {
  return [`# ${suite}`, about, '', ...tables.map(printTable)].join('\n');
}

export function printMachine({ date, cpu, cores, memoryGb, node, redis }: Machine): string {
  return `${date} · ${cores} cores of ${cpu}, ${memoryGb} GB · Node ${node}, Redis ${redis} (AOF everysec)`;
}

/** Markdown that can be read on a terminal as it is. */
function printTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(shown))];
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((row) => row[at]!.length)));
  const isNumber = columns.map((_, at) => rows.every((row) => typeof row[at] === 'number'));
  const line = (row: string[]) =>
    `| ${row.map((cell, at) => pad(cell, widths[at]!, isNumber[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (isNumber[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  const [head, ...body] = cells.map(line);
  return [...(title ? [`${title}:`, ''] : []), head, rule, ...body, ''].join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - cell.length);
  return right ? space + cell : cell + space;
}

function shown(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return Number.isFinite(cell) ? cell.toLocaleString('en-US', { maximumFractionDigits: 2 }) : '–';
}
