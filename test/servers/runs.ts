/** The test suite against one server after the other, and what came of it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { UsageError } from '../../src/config/command-line.ts';
import { projectRoot } from '../fixtures/project-root.ts';
import { NoServer, versionOf } from './chosen.ts';

export interface Server {
  path: string;
  /** As in "Valkey 9.1.2". */
  version: string;
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const FORM = 'TEST_REDIS_SERVERS=/usr/bin/redis-server:/opt/valkey-9.1/valkey-server npm run test:servers';

/** Throws UsageError, which names every path that is no server. */
export function serversOf(list: string | undefined): Server[] {
  const paths = (list ?? '').split(delimiter).filter((path) => path !== '');
  if (!paths.length)
    throw new UsageError(`TEST_REDIS_SERVERS: name the servers to test against, as in\n  ${FORM}`);
  const wrong: string[] = [];
  const servers = paths.flatMap((given) => {
    const path = resolve(given);
    try {
      return [{ path, version: versionOf(path) }];
    } catch (error) {
      if (!(error instanceof NoServer)) throw error;
      wrong.push(`TEST_REDIS_SERVERS: ${error.message}`);
      return [];
    }
  });
  if (wrong.length) throw new UsageError(`${wrong.join('\n')}\nThe right form:\n  ${FORM}`);
  return servers;
}

/** undefined: Vitest wrote no report, so the suite did not run to its end. Its output goes to the terminal. */
export async function runSuite({ path }: Server, vitestArgs: readonly string[]): Promise<Counts | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-servers-'));
  const report = join(folder, 'report.json');
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporting, ...vitestArgs], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, TEST_REDIS_SERVER: path },
  });
  // A terminal interrupts both: the child is waited for.
  const onTerm = () => child.kill('SIGTERM');
  process.on('SIGTERM', onTerm);
  try {
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    return countsOf(readFileSync(report, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  } finally {
    process.off('SIGTERM', onTerm);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

/** A file that fails before its tests are known counts as one that failed. */
export function countsOf(json: string): Counts {
  const report = JSON.parse(json) as Report;
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.length,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** A line for the table of docs/compatibility.md. */
export function row({ version }: Server, date: string, counts: Counts | undefined): string {
  const cells = counts ? [counts.passed, counts.failed, counts.skipped] : ['did not run', '', ''];
  return `| ${[version, date, ...cells].join(' | ')} |`;
}

export const tableHead = '| server | date | passed | failed | skipped |\n| --- | --- | ---: | ---: | ---: |';
