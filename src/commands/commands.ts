/** Every command, by its name in package.json. */
import { nearestName } from '../config/spelling.ts';
import type { RunCommand } from './context.ts';
import type { roles } from './roles.ts';

const role =
  (name: keyof typeof roles): RunCommand =>
  async (input) =>
    (await import('./roles.ts')).roles[name](input);

/** Loaded on demand: each starts in the time, and runs in the memory, of what it uses. One-shot commands print to standard output. */
export const commands = {
  start: role('start'),
  demo: role('demo'),
  pump: role('pump'),
  worker: role('worker'),
  relay: role('relay'),
  web: role('web'),
  skywire: async (input) => (await import('./skywire.ts')).runSkywire(input),
  replay: async (input) => (await import('./replay.ts')).runReplay(input),
  audit: async (input) => (await import('./audit.ts')).runAudit(input),
  doctor: async (input) => (await import('./doctor.ts')).runDoctor(input),
  'relay-token': async (input) => (await import('./relay-token.ts')).runRelayToken(input),
} satisfies Record<string, RunCommand>;

export function overview(given: string): string {
  const names = Object.keys(commands);
  const near = nearestName(given, names);
  const problem = given
    ? `${JSON.stringify(given)}: no such command${near ? `; did you mean ${near}?` : ''}`
    : 'no command given';
  return `${problem}\nCommands: ${names.join(', ')}. Each takes --help.`;
}
