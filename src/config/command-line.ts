/** Options of a command line, read with the same readers as the settings. */
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
  /** As it is typed: `npm run skywire`. */
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
}

/** Reads `--name value`, `--name=value` and `--switch`. Throws UsageError, HelpAsked. */
export function parseCommandLine<Options extends Record<string, Option<unknown>>>(
  command: Command<Options>,
  argv: readonly string[],
): OptionValues<Options> {
  if (argv.includes('--help') || argv.includes('-h')) throw new HelpAsked(helpText(command));
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, option] of Object.entries(command.options)) {
    if (option.reader && 'default' in option) values[name] = option.default;
    if (!option.reader) values[name] = false;
  }
  for (let at = 0; at < argv.length; at += 1) {
    const [flagText, inline] = splitOnce(argv[at]!);
    const name = flagText.replace(/^--/, '');
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
    if (!flagText.startsWith('--') || !option) {
      problems.push(unknownOption(flagText, Object.keys(command.options)));
    } else if (option.reader) {
      const given = inline ?? argv[(at += 1)];
      const value = given === undefined ? undefined : option.reader.parse(given);
      if (value === undefined)
        problems.push(`--${name}: got ${JSON.stringify(given ?? '')}; takes ${option.reader.takes}`);
      values[name] = value;
    } else if (inline !== undefined) {
      problems.push(`--${name}: got ${JSON.stringify(inline)}; takes no value`);
    } else {
      values[name] = true;
    }
  }
  for (const [name, option] of Object.entries(command.options)) {
    if (option.required && !(name in values))
      problems.push(`--${name}: missing; takes ${option.reader?.takes}`);
  }
  if (problems.length) throw new UsageError(`${problems.join('\n')}\n\n${helpText(command)}`);
  return values as OptionValues<Options>;
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function unknownOption(word: string, known: readonly string[]): string {
  const near = known.length && word.startsWith('--') ? nearestName(word.slice(2), known) : undefined;
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
  const separator = Object.keys(options).length ? ' -- [options]' : '';
  return `${usage}${separator}\n${about}\n\n${rows.map(([name, meaning]) => name.padEnd(width) + meaning).join('\n')}`;
}
