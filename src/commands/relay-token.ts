import { type Command, type Option, parseCommandLine } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import { text } from '../config/parsers.ts';
import { digestOf, newToken, parseTokens } from '../relay/server/tokens.ts';
import type { CommandInput } from './context.ts';

const relayTokenCommand = {
  usage: howToRun('relay-token'),
  about:
    'Creates a token for a client of the relay. Standard output: the line for RELAY_TOKENS_FILE. Standard error: the token, shown only once.',
  options: {
    name: { reader: text('letters, digits, . _ -'), required: true, meaning: 'name of the client' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

export async function runRelayToken({ argv }: CommandInput): Promise<number> {
  const { name } = parseCommandLine(relayTokenCommand, argv) as { name: string };
  const token = newToken();
  const line = `${name} ${digestOf(token)}`;
  const [problem] = parseTokens(line).problems;
  if (problem) throw new Error(`--name: ${problem.replace(/^line 1: /, '')}`);
  process.stdout.write(`${line}\n`);
  process.stderr.write(`SKYWIRE_RELAY_TOKEN=${token}\n`);
  return 0;
}
