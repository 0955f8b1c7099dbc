/** Every command by the name that package.json gives it. */
import { nearestName } from '../config/spelling.ts';
import type { RunCommand } from './context.ts';
import { roles } from './roles.ts';
import { tools } from './tools.ts';

export const commands: Record<keyof typeof roles | keyof typeof tools, RunCommand> = { ...roles, ...tools };

export function overview(given: string): string {
  const names = Object.keys(commands);
  const near = nearestName(given, names);
  const problem = given
    ? `${JSON.stringify(given)}: no such command${near ? `; did you mean ${near}?` : ''}`
    : 'no command given';
  return `${problem}\nCommands: ${names.join(', ')}. Each takes --help.`;
}
