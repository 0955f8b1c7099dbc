/** JSON.parse for texts that hold a record: its author chooses the keys, and V8 does not read every key right. */
import { skipSpace, stringEnd } from './json-text.ts';

/**
 * As JSON.parse, also where a key is written with an escape. Those V8 12.8 and later (Node 24 and 26, not 20 and 22) may take for a key
 * that it has met at the same place before: after `{"a":1,"\\":2}` the second key of `{"a":1,"\n":2}` is a backslash (nodejs/node#63785).
 * One record would be two, or two one, by what the process had read before. Throws SyntaxError.
 */
export function parseJson(json: string): unknown {
  const value: unknown = JSON.parse(json);
  return hasEscapedKey(json) ? readAgain(json) : value;
}

const COLON = 58;
const COMMA = 44;
const CLOSING = [93, 125];
const isClosing = (code: number): boolean => CLOSING.includes(code);

/** Hardly any record has one. Looks at each string with an escape once. */
function hasEscapedKey(json: string): boolean {
  for (let at = json.indexOf('\\'); at >= 0; at = json.indexOf('\\', at)) {
    at = skipSpace(json, stringEnd(json, at));
    if (json.charCodeAt(at) === COLON) return true;
  }
  return false;
}

type Holder = unknown[] | Record<string, unknown>;

/** Without recursion: JSON.parse takes any depth. Each key is read as a value, which V8 reads right. */
function readAgain(json: string): unknown {
  const root: unknown[] = [];
  const open: Holder[] = [root];
  for (let at = skipSpace(json, 0); at < json.length; at = skipSpace(json, at)) {
    const code = json.charCodeAt(at);
    if (code === COMMA || isClosing(code)) {
      if (code !== COMMA) open.pop();
      at += 1;
      continue;
    }
    const holder = open.at(-1)!;
    let key: string | undefined;
    if (!Array.isArray(holder)) {
      const keyEnd = stringEnd(json, at);
      key = JSON.parse(json.slice(at, keyEnd)) as string;
      at = skipSpace(json, skipSpace(json, keyEnd) + 1);
    }
    const inner = json[at] === '{' ? {} : json[at] === '[' ? [] : undefined;
    const end = inner ? at + 1 : scalarEnd(json, at);
    put(holder, key, inner ?? JSON.parse(json.slice(at, end)));
    if (inner) open.push(inner);
    at = end;
  }
  return root[0];
}

function scalarEnd(json: string, start: number): number {
  if (json[start] === '"') return stringEnd(json, start);
  let at = start;
  // What follows a number or a word: a comma, a closing bracket, space or the end.
  while (at < json.length && /[\w.+-]/.test(json[at]!)) at += 1;
  return at;
}

/** Of duplicate keys the last counts, and `__proto__` is a key like any other. */
function put(holder: Holder, key: string | undefined, value: unknown): void {
  if (Array.isArray(holder)) holder.push(value);
  else Object.defineProperty(holder, key!, { value, writable: true, enumerable: true, configurable: true });
}
