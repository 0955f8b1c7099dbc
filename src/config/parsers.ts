/** Parsers of settings and options. `takes` describes valid input for error messages. */
import { readFileSync } from 'node:fs';

export interface Parser<Value> {
  takes: string;
  /** undefined: invalid. */
  parse: (text: string) => Value | undefined;
}

export function wholeNumber(min: number, max: number): Parser<number> {
  return {
    takes: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

export function oneOf<const Value extends string>(...values: Value[]): Parser<Value> {
  return { takes: values.join(' or '), parse: (text) => values.find((value) => value === text) };
}

export const flag: Parser<boolean> = {
  takes: '1 or 0',
  parse: (text) => (text === '1' || text === '0' ? text === '1' : undefined),
};

export function text(takes = 'any text'): Parser<string> {
  return { takes, parse: (value) => value };
}

export const names: Parser<string[]> = {
  takes: 'one name, or several different ones separated by commas',
  parse: (text) => {
    const list = text.split(',').map((name) => name.trim());
    return list.every(Boolean) && new Set(list).size === list.length ? list : undefined;
  },
};

export const readableFile: Parser<Buffer> = {
  takes: 'the path of a file that this user can read',
  parse: (path) => {
    try {
      return readFileSync(path);
    } catch {
      return undefined;
    }
  },
};
