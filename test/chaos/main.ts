/** `npm run chaos`: exit 0 all held, 1 something did not or it was stopped, 2 bad usage. */
import { HelpAsked, UsageError } from '../../src/config/command-line.ts';
import { endRoles } from '../fixtures/roles.ts';
import { useChosenServer } from '../servers/chosen.ts';
import { runChaos } from './chaos.ts';
import { parseChaos } from './command.ts';
import { report, verdictOf } from './report.ts';
import { isShielded, runShielded } from './shield.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

async function storm(): Promise<number> {
  const options = parseChaos(process.argv.slice(2));
  const stopping = new AbortController();
  for (const event of ['SIGTERM', 'disconnect'] as const)
    process.on(event, () => {
      if (stopping.signal.aborted) return;
      say('stopped: no more blows and matches; what was sent is judged now');
      stopping.abort();
    });
  // The second signal: at once.
  process.on('SIGINT', () => {
    say('FAILED: stopped twice, nothing was judged');
    void endRoles().finally(() => process.exit(1));
  });
  const result = await runChaos(options, stopping.signal);
  process.stdout.write(report(options, result));
  const { held, text } = verdictOf(options, result);
  if (held) result.journal.remove();
  else say(`journal: ${result.journal.file}`);
  say(text);
  return held ? 0 : 1;
}

useChosenServer();
try {
  process.exit(await (isShielded() ? storm() : runShielded()));
} catch (error) {
  if (error instanceof HelpAsked || error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(error instanceof HelpAsked ? 0 : 2);
  }
  process.stderr.write(`${(error as Error).stack}\n`);
  say('FAILED: the run broke off, nothing was judged');
  process.exit(1);
}
