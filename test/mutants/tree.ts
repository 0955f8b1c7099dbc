/** A copy of the project in a temporary folder, which may be broken, built and tested. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../fixtures/project-root.ts';
import type { Edit } from './mutants.ts';

const COPIED =
  'queues processors src bench test package.json tsconfig.json tsconfig.build.json vitest.config.ts vitest.faults.config.ts'.split(
    ' ',
  );
const TEST_WITHIN_MS = 300_000;

export interface Tree {
  /** Applies the edits, builds, runs `work`, and takes the edits back. Throws where an edit does not fit, or the build fails. */
  mutated<Result>(edits: readonly Edit[], work: () => Promise<Result>): Promise<Result>;
  /** Runs the tests of that name. */
  test(file: string, name: string): Promise<{ passed: number; failed: number; firstFailure: string }>;
  remove(): void;
}

export async function copyTree(): Promise<Tree> {
  const root = mkdtempSync(join(tmpdir(), 'skywire-inbox-mutant-'));
  for (const name of COPIED) cpSync(join(projectRoot, name), join(root, name), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  await build(root);
  return {
    async mutated(edits, work) {
      const originals = new Map(edits.map(({ file }) => [file, readFileSync(join(root, file), 'utf8')]));
      try {
        for (const edit of edits) apply(root, edit);
        await build(root);
        return await work();
      } finally {
        for (const [file, text] of originals) writeFileSync(join(root, file), text);
      }
    },
    test: (file, name) => runTest(root, file, name),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function apply(root: string, { file, find, replace }: Edit): void {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const times = text.split(find).length - 1;
  if (times !== 1)
    throw new Error(`no longer applies: ${JSON.stringify(find)} stands ${times} times in ${file}`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}

async function build(root: string): Promise<void> {
  const { code, output } = await run(root, ['npm', 'run', '--silent', 'build']);
  if (code !== 0) throw new Error(`does not build:\n${output.slice(-2_000)}`);
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { assertionResults: { status: string; failureMessages: string[] }[] }[];
}

async function runTest(root: string, file: string, name: string) {
  const config = file.startsWith('test/faults/') ? 'vitest.faults.config.ts' : 'vitest.config.ts';
  const report = join(root, 'report.json');
  rmSync(report, { force: true });
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const command = `npx vitest run --config ${config} ${file} --reporter=json --outputFile=${report}`;
  const { output } = await run(root, [...command.split(' '), '-t', pattern]);
  let found: Report;
  try {
    found = JSON.parse(readFileSync(report, 'utf8')) as Report;
  } catch (error) {
    throw new Error(`${file} did not run:\n${output.slice(-2_000)}`, { cause: error });
  }
  const failures = found.testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ failureMessages }) => failureMessages),
  );
  return {
    passed: found.numPassedTests,
    failed: found.numFailedTests,
    firstFailure: (failures[0] ?? '').split('\n')[0]!,
  };
}

function run(cwd: string, [command, ...args]: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command!, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: TEST_WITHIN_MS });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
