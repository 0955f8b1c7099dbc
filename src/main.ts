/** Entry point: command, signals, exit code. 0 done, 1 failed, 2 bad usage or settings. */

import { commands, overview } from './commands/commands.ts';
import { HelpAsked, UsageError } from './config/command-line.ts';
import { ConfigError } from './config/config.ts';
import { readVersion } from './config/version.ts';
import { sayAtLast } from './observe/logger.ts';
import { isOutage } from './redis/errors.ts';

/** Longer than all stop() calls together; supervisors usually kill after 10 s. */
const STOP_WITHIN_MS = 9_000;

const [name = '', ...argv] = process.argv.slice(2);
const stopping = new AbortController();
let endedBy: NodeJS.Signals | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Under npm a Ctrl-C can arrive twice: a second signal must not abort the shutdown.
  process.on(signal, () => {
    endedBy ??= signal;
    stopping.abort();
    setTimeout(() => fail(`did not stop within ${STOP_WITHIN_MS / 1000} s`), STOP_WITHIN_MS).unref();
  });
}
process.on('uncaughtException', (error) => fail(`unexpected error: ${error.stack}`));
process.on('unhandledRejection', (reason) => {
  // Libraries leave unhandled rejections when a connection breaks; everything that matters is awaited and retried.
  if (!isOutage(reason)) fail(`unexpected error: ${(reason as Error)?.stack ?? String(reason)}`);
});

try {
  if (['--version', '-v'].includes(name)) end(readVersion());
  if (['--help', '-h'].includes(name)) end(await (await import('./commands/help.ts')).help());
  const command = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined;
  if (!command) throw new UsageError(overview(name));
  process.exitCode = await command({ argv, signal: stopping.signal });
  process.exit();
} catch (error) {
  if (error instanceof HelpAsked) end(error.message);
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  fail((error as Error).message, isUsage ? 2 : 1);
}

function end(answer: string): never {
  process.stdout.write(`${answer}\n`);
  process.exit(0);
}

function fail(message: string, code = 1): never {
  sayAtLast(`skywire-inbox${name && ` ${name}`}: ${message}\n`);
  process.exit(code);
}
