/** What `skywire-inbox --help` prints. */
import { HelpAsked } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import { readVersion } from '../config/version.ts';
import { commands } from './commands.ts';
import type { RunCommand } from './context.ts';

export async function help(): Promise<string> {
  const names = Object.keys(commands);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const rows = Object.entries(commands).map(
    async ([name, command]) => `  ${name.padEnd(width)}${await aboutOf(command)}`,
  );
  return [
    `skywire-inbox ${readVersion()}: moves Skywire's matches from a Redis stream into inboxes`,
    '',
    howToRun('COMMAND', '[options]'),
    ...(await Promise.all(rows)),
    '',
    'Each command takes --help. Settings come from the environment, or from a file .env in the folder where it is started.',
  ].join('\n');
}

/** As its own --help says it, so that no list of commands can differ from them. */
async function aboutOf(command: RunCommand): Promise<string> {
  try {
    await command({ argv: ['--help'], signal: AbortSignal.abort() });
  } catch (error) {
    if (error instanceof HelpAsked) return error.about;
    throw error;
  }
  throw new Error('a command ran instead of saying what it is for');
}
