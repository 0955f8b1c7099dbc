/** `npm run test:faults`: takes --repeat and --seed, and hands everything else to Vitest: -t, -u, files. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { HelpAsked, parseCommandLine, UsageError } from '../../src/config/command-line.ts';
import { wholeNumber } from '../../src/config/parsers.ts';
import { projectRoot } from '../fixtures/project-root.ts';

const command = {
  usage: 'npm run test:faults',
  about:
    'Injects every fault of docs/reliability.md into real processes, at random moments that are printed, and prints the fault table.\n' +
    'All other arguments go to Vitest: -t "power loss" runs the rows of that name, -u writes them into docs/reliability.md.',
  options: {
    repeat: { reader: wholeNumber(1, 1_000), default: 1, meaning: 'how often each row runs' },
    seed: {
      reader: wholeNumber(0, Number.MAX_SAFE_INTEGER),
      meaning: 'the same one, the same moments; by default a new one',
    },
  },
};

const isOurs = (arg: string) => /^--(repeat|seed|help)\b|^-h$/.test(arg);

/** Ours, and Vitest's. */
function divide(args: readonly string[]): [string[], string[]] {
  const [ours, others]: [string[], string[]] = [[], []];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at]!;
    if (!isOurs(arg)) others.push(arg);
    else if (/^--(repeat|seed)$/.test(arg)) ours.push(...args.slice(at, (at += 1) + 1));
    else ours.push(arg);
  }
  return [ours, others];
}

try {
  const [ours, others] = divide(process.argv.slice(2));
  const { repeat, seed } = parseCommandLine(command, ours);
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.faults.config.ts', ...others], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAULTS_REPEAT: String(repeat),
      ...(seed !== undefined && { FAULTS_SEED: String(seed) }),
    },
  });
  // A terminal interrupts both: the table comes from the child, which is waited for.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('close', (code) => process.exit(code ?? 1));
} catch (error) {
  if (!(error instanceof HelpAsked || error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(error instanceof HelpAsked ? 0 : 2);
}
