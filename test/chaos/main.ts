/** `npm run chaos`: exit 0 nothing lost, 1 something was, 2 bad usage. */
import { HelpAsked, UsageError } from '../../src/config/command-line.ts';
import { runChaos } from './chaos.ts';
import { type ChaosOptions, parseChaos } from './command.ts';
import { problemsOf, report } from './report.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  const options: ChaosOptions = parseChaos(process.argv.slice(2));
  const result = await runChaos(options, stopping.signal);
  process.stdout.write(report(options, result));
  const problems = problemsOf(result);
  if (problems.length)
    process.stdout.write(`FAILED: ${problems.join('; ')}\njournal: ${result.journal.file}\n`);
  else result.journal.remove();
  process.exit(problems.length ? 1 : 0);
} catch (error) {
  if (error instanceof HelpAsked) {
    process.stdout.write(`${error.message}\n`);
    process.exit(0);
  }
  process.stderr.write(`chaos: ${error instanceof UsageError ? error.message : (error as Error).stack}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
