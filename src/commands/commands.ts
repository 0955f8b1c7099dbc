/** Every command, by its name in package.json. */
import { nearestName } from '../config/spelling.ts';
import type { RunCommand } from './context.ts';
import { roles } from './roles.ts';
import type { tools } from './tools.ts';

type ToolName = keyof typeof tools;

/** Loaded on demand, to keep them out of the memory of long-running roles. */
const tool =
  (name: ToolName): RunCommand =>
  async (input) =>
    (await import('./tools.ts')).tools[name](input);

export const commands: Record<keyof typeof roles | ToolName, RunCommand> = {
  ...roles,
  skywire: tool('skywire'),
  replay: tool('replay'),
  audit: tool('audit'),
  doctor: tool('doctor'),
  'relay-token': tool('relay-token'),
};

export function overview(given: string): string {
  const names = Object.keys(commands);
  const near = nearestName(given, names);
  const problem = given
    ? `${JSON.stringify(given)}: no such command${near ? `; did you mean ${near}?` : ''}`
    : 'no command given';
  return `${problem}\nCommands: ${names.join(', ')}. Each takes --help.`;
}
