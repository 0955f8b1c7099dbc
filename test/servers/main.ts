/**
 * `npm run test:servers`: exit 0 if the suite passed on each server of TEST_REDIS_SERVERS, 1 if not, 2 bad usage. What is typed after
 * `--` goes to Vitest: files, -t.
 */
import { UsageError } from '../../src/config/command-line.ts';
import { row, runSuite, serversOf, tableHead } from './runs.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const today = () => new Date().toISOString().slice(0, 10);

// The child gets it, too, and ends; then the table of what ran is printed.
let isInterrupted = false;
process.on('SIGINT', () => {
  isInterrupted = true;
});

try {
  const servers = serversOf(process.env['TEST_REDIS_SERVERS']);
  for (const { path, version } of servers) say(`${version}: ${path}`);
  const rows: string[] = [];
  let failed = 0;
  for (const server of servers) {
    if (isInterrupted) break;
    say(`\nThe tests on ${server.version} (${server.path})`);
    const counts = await runSuite(server, process.argv.slice(2));
    if (!counts?.passed || counts.failed) failed += 1;
    rows.push(row(server, today(), counts));
  }
  say(`\nNode ${process.versions.node}\n\n${tableHead}\n${rows.join('\n')}`);
  process.exitCode = failed || isInterrupted ? 1 : 0;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
