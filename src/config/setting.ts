/** One setting: its parser, its default as text, its meaning. */
import { type Parser, text } from './parsers.ts';

export interface Setting<Value, Default extends string | undefined> {
  reader: Parser<Value>;
  default: Default;
  meaning: string;
  /** Never quoted in a message. */
  secret?: boolean;
}

export function setting<Value, const Default extends string | undefined = undefined>(
  reader: Parser<Value>,
  meaning: string,
  options: { default?: Default; secret?: boolean } = {},
): Setting<Value, Default> {
  return { reader, meaning, default: options.default as Default, secret: options.secret ?? false };
}

export const password = (meaning: string) =>
  setting(text('a text without line breaks'), meaning, { secret: true });
