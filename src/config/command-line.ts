/** Options of a command line, parsed with the same parsers as the settings. */
import { parseArgs } from 'node:util';
import type { Parser } from './parsers.ts';
import { nearestName } from './spelling.ts';

export interface Option<Value> {
  /** undefined: a switch that takes no value. */
  reader?: Parser<Value>;
  default?: Value;
  required?: boolean;
  meaning: string;
}

export interface Command<Options extends Record<string, Option<unknown>>> {
  /** As it is typed: `npm run skywire`, `npx skywire-inbox skywire`. */
  usage: string;
  about: string;
  options: Options;
}

type ValueOf<O> = O extends { reader: Parser<infer Value> }
  ? O extends { default: unknown } | { required: true }
    ? Value
    : Value | undefined
  : boolean;
export type OptionValues<Options> = { [Name in keyof Options]: ValueOf<Options[Name]> };

/** Bad usage: exit 2. The message names every problem. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** `--help` was asked for: exit 0. The message is the help text. */
export class HelpAsked extends Error {
  override name = 'HelpAsked';
  /** What the command does. */
  readonly about: string;
  constructor(text: string, about: string) {
    super(text);
    this.about = about;
  }
}

/** Reads `--name value`, `--name=value` and `--switch`. Throws UsageError, HelpAsked. */
export function parseCommandLine<Options extends Record<string, Option<unknown>>>(
  command: Command<Options>,
  argv: readonly string[],
): OptionValues<Options> {
  if (argv.includes('--help') || argv.includes('-h')) throw new HelpAsked(helpText(command), command.about);
  const known = new Map<string, Option<unknown>>(Object.entries(command.options));
  const values: Record<string, unknown> = {};
  const types: Record<string, { type: 'string' | 'boolean' }> = {};
  for (const [name, option] of known) {
    types[name] = { type: option.reader ? 'string' : 'boolean' };
    if (!option.reader) values[name] = false;
    else if ('default' in option) values[name] = option.default;
  }
  // Strict would throw at the first problem.
  const { tokens } = parseArgs({ args: [...argv], options: types, strict: false, tokens: true });
  const problems = tokens.flatMap((token): string[] => {
    if (token.kind !== 'option') return [unknownOption(token.kind === 'positional' ? token.value : '--', [])];
    const { rawName, name, value } = token;
    const option = rawName === `--${name}` ? known.get(name) : undefined;
    if (!option) return [unknownOption(rawName, [...known.keys()])];
    const { reader } = option;
    values[name] = value === undefined ? (reader ? undefined : true) : reader?.parse(value);
    if (values[name] !== undefined) return [];
    return [`--${name}: got ${JSON.stringify(value ?? '')}; takes ${reader?.takes ?? 'no value'}`];
  });
  for (const [name, { required, reader }] of known)
    if (required && !(name in values)) problems.push(`--${name}: missing; takes ${reader?.takes}`);
  if (problems.length) throw new UsageError(`${problems.join('\n')}\n\n${helpText(command)}`);
  return values as OptionValues<Options>;
}

function unknownOption(word: string, known: readonly string[]): string {
  const near = word.startsWith('--') ? nearestName(word.slice(2), known) : undefined;
  return `${JSON.stringify(word)}: no such option${near ? `; did you mean --${near}?` : ''}`;
}

export function helpText({ usage, about, options }: Command<Record<string, Option<unknown>>>): string {
  const all: Record<string, Option<unknown>> = { ...options, help: { meaning: 'this text' } };
  const rows = Object.entries(all).map(([name, option]) => {
    const notes = [
      option.reader?.takes,
      'default' in option ? `default ${String(option.default)}` : undefined,
    ];
    return [
      `  --${name}`,
      `${option.meaning}${notes.some(Boolean) ? ` (${notes.filter(Boolean).join('; ')})` : ''}`,
    ] as const;
  });
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  // npm keeps what stands before `--` for itself.
  const more = usage.startsWith('npm ') ? ' -- [options]' : ' [options]';
  return `${usage}${Object.keys(options).length ? more : ''}\n${about}\n\n${rows.map(([name, meaning]) => name.padEnd(width) + meaning).join('\n')}`;
}
